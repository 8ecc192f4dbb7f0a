// src/crypto over native ops: digests, MACs, ciphers, keys, signatures, certificates. TLS is `tls/`.

import { AESCipherJob, ChaCha20Poly1305CipherJob, CipherBase, getCipherInfo } from '../crypto/cipher';
import { DiffieHellman, DiffieHellmanGroup, ECDH, ECDHConvertKey } from '../crypto/diffie_hellman';
import { oneShotDigest, Hash, Hmac, hashNames } from '../crypto/digest';
import {
  Argon2Job, CheckPrimeJob, CShakeJob, HashJob, HKDFJob, HmacJob, KmacJob, PBKDF2Job, RandomBytesJob, RandomPrimeJob, ScryptJob,
  SecretKeyGenJob,
} from '../crypto/jobs';
import {
  DHBitsJob, DhKeyPairGenJob, DsaKeyPairGenJob, EcKeyPairGenJob, NidKeyPairGenJob, privateDecrypt, privateEncrypt, publicDecrypt,
  publicEncrypt, RSACipherJob, RsaKeyPairGenJob, SignJob,
} from '../crypto/key_jobs';
import { createCryptoKeyClass, createNativeKeyObjectClass, getCryptoKeySlots, getKeyObjectSlots, KeyObjectHandle } from '../crypto/keys';
import { openssl } from '../crypto/openssl';
import { Sign, Verify } from '../crypto/sign';
import { certExportChallenge, certExportPublicKey, certVerifySpkac, parseX509 } from '../crypto/x509';
import { bundledRoots, chooseRoots, extraRoots, userRoots } from '../tls/roots';
import { SecureContext } from '../tls/secure_context';

declare global {
  interface Ops {
    crypto_timing_safe_equal(left: Bytes, right: Bytes): boolean;
  }
}

function timingSafeEqual(left: Bytes, right: Bytes): boolean {
  const wrong = (name: string) => Object.assign(
    new TypeError(`The "${name}" argument must be an instance of ArrayBuffer, Buffer, TypedArray, or DataView.`),
    { code: 'ERR_INVALID_ARG_TYPE' },
  );
  const isBytes = (value: unknown) => ArrayBuffer.isView(value) || value instanceof ArrayBuffer;
  if (!isBytes(left)) throw wrong('buf1');
  if (!isBytes(right)) throw wrong('buf2');
  return host.ops.crypto_timing_safe_equal(left, right);
}

export function create(): object {
  return {
    SecureContext,
    Hash, Hmac, oneShotDigest, getHashes: hashNames, getCachedAliases: () => ({}),
    HashJob, HKDFJob, HmacJob, PBKDF2Job, RandomBytesJob, ScryptJob, SecretKeyGenJob, Argon2Job, RandomPrimeJob, CheckPrimeJob,
    KmacJob, CShakeJob,
    CipherBase, getCipherInfo, AESCipherJob, ChaCha20Poly1305CipherJob,
    RsaKeyPairGenJob, EcKeyPairGenJob, NidKeyPairGenJob, DsaKeyPairGenJob, DhKeyPairGenJob,
    Sign, Verify, SignJob, DHBitsJob, RSACipherJob, publicEncrypt, privateDecrypt, privateEncrypt, publicDecrypt,
    DiffieHellman, DiffieHellmanGroup, ECDH, ECDHConvertKey,
    parseX509, certVerifySpkac, certExportPublicKey, certExportChallenge,
    // Algorithms that are not here: what asks for them is told that they are not supported.
    TurboShakeJob: undefined, KangarooTwelveJob: undefined,
    KEMEncapsulateJob: undefined, KEMDecapsulateJob: undefined,
    EVP_PKEY_ML_DSA_44: undefined, EVP_PKEY_ML_DSA_65: undefined, EVP_PKEY_ML_DSA_87: undefined,
    EVP_PKEY_ML_KEM_512: undefined, EVP_PKEY_ML_KEM_768: undefined, EVP_PKEY_ML_KEM_1024: undefined,
    KeyObjectHandle, createNativeKeyObjectClass, getKeyObjectSlots, createCryptoKeyClass, getCryptoKeySlots,
    timingSafeEqual,
    secureBuffer: (length: number) => new Uint8Array(length),
    secureHeapUsed: () => undefined,
    getFipsCrypto: () => 0,
    testFipsCrypto: () => false,
    setFipsCrypto(on: boolean): void {
      if (on) openssl(() => { throw new Error('error:0308010C:digital envelope routines::unsupported'); });
    },
    setEngine: () => false,
    getOpenSSLSecLevelCrypto: () => 1,
    // The library asks for this as soon as `tls` is loaded; they are read when they are needed.
    startLoadingCertificatesOffThread(): void {},
    getSSLCiphers: () => host.ops.tls_suite_names().map((name) => name.toLowerCase()),
    getBundledRootCertificates: bundledRoots,
    getExtraCACertificates: extraRoots,
    getSystemCACertificates: () => [],
    getUserRootCertificates: userRoots,
    resetRootCertStore: chooseRoots,
    getCiphers: () => host.ops.crypto_cipher_names(),
    getCurves: () => host.ops.crypto_curve_names(),
  };
}
