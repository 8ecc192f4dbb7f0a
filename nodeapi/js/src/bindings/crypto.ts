// The part of src/crypto that needs no key pairs: digests, HMAC, key derivation, randomness, secret keys. Ciphers, signatures, key
// pairs, certificates and TLS fail by name.

import { oneShotDigest, Hash, Hmac, hashNames } from '../crypto/digest';
import { HashJob, HKDFJob, HmacJob, PBKDF2Job, RandomBytesJob, ScryptJob, SecretKeyGenJob } from '../crypto/jobs';
import { notAvailable } from '../oracle';
import { createCryptoKeyClass, createNativeKeyObjectClass, getCryptoKeySlots, getKeyObjectSlots, KeyObjectHandle } from '../crypto/keys';

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

/** What every TLS connection and server begins with. */
class SecureContext {
  constructor() {
    throw notAvailable('TLS (https, tls)');
  }
}

export function create(): object {
  return {
    SecureContext,
    Hash, Hmac, oneShotDigest, getHashes: hashNames, getCachedAliases: () => ({}),
    HashJob, HKDFJob, HmacJob, PBKDF2Job, RandomBytesJob, ScryptJob, SecretKeyGenJob,
    KeyObjectHandle, createNativeKeyObjectClass, getKeyObjectSlots, createCryptoKeyClass, getCryptoKeySlots,
    timingSafeEqual,
    secureBuffer: (length: number) => new Uint8Array(length),
    secureHeapUsed: () => undefined,
    getFipsCrypto: () => 0,
    // The library asks for this as soon as `tls` is loaded; there are no certificates to load.
    startLoadingCertificatesOffThread(): void {},
    // None of these is here, and this says so.
    getCiphers: () => [],
    getSSLCiphers: () => [],
    getCurves: () => [],
    // Listing the exports of `tls` reads this.
    getBundledRootCertificates: () => [],
  };
}
