// Jobs that make keys, and those that sign, encrypt and agree with them.

import { constant } from '../oracle';
import { asBuffer } from '../bindings/buffer';
import { CryptoJob, kCryptoJobWebCrypto } from './job';
import { invalidDigest } from './digest';
import { exportKey, KeyInput, KeyObjectHandle, newCryptoKey, privateKey, publicOrPrivateKey, viewOf } from './keys';
import { coded, openssl, plainly } from './openssl';

declare global {
  interface Ops {
    crypto_generate_rsa(bits: number, exponent: number, pss: boolean, hash?: string, mgf1?: string, salt?: number): number;
    crypto_generate_ec(curve: string, explicit: boolean): number;
    crypto_generate_okp(name: string): number | undefined;
    crypto_generate_dsa(bits: number, divisorBits: number): number;
    crypto_generate_dh(prime: Bytes, generator: Bytes): number;
    crypto_dh_group(name: string): Uint8Array | undefined;
    crypto_dh_prime(bits: number, generator: number): Uint8Array;
    crypto_sign(key: number, data: Bytes, hash?: string | null, padding?: number, salt?: number, p1363?: boolean, context?: Bytes | null): Uint8Array;
    crypto_verify(
      key: number, data: Bytes, hash: string | null | undefined, padding: number | undefined, salt: number | undefined, p1363: boolean,
      context: Bytes | null | undefined, signature: Bytes,
    ): boolean;
    crypto_rsa(operation: number, key: number, data: Bytes, padding: number, hash: string, label?: Bytes | null): Uint8Array;
    crypto_agree(privateKey: number, publicKey: number): Uint8Array;
  }
}

const { ops } = host;
const number = (name: string): number => constant('crypto', name);
const kKeyTypePublic = number('kKeyTypePublic');
const kKeyTypePrivate = number('kKeyTypePrivate');
const kKeyVariantRSA_PSS = number('kKeyVariantRSA_PSS');
const kSignJobModeSign = number('kSignJobModeSign');
const kSigEncP1363 = number('kSigEncP1363');
const kWebCryptoCipherEncrypt = number('kWebCryptoCipherEncrypt');
const OPENSSL_EC_EXPLICIT_CURVE = number('OPENSSL_EC_EXPLICIT_CURVE');
const RSA_PKCS1_OAEP_PADDING = 4;

const typeError = (code: string, message: string): Error => coded(TypeError as any, code, message);

function checkDigest(name: string, invalid = (): Error => invalidDigest(name)): string {
  if (ops.crypto_hash_once(name, '') === undefined) throw invalid();
  return name;
}

// --- pairs -------------------------------------------------------------------------------------------------------------------

/** Where a new pair goes: what follows a job's own arguments. */
type PairOutput = any[];

/** The halves as handles, in formats, or as CryptoKeys. */
function delivered(mode: number, key: number, output: PairOutput): unknown {
  const publicHandle = KeyObjectHandle.of(kKeyTypePublic, ops.crypto_key_public(key));
  const privateHandle = KeyObjectHandle.of(kKeyTypePrivate, key);
  if (mode === kCryptoJobWebCrypto) {
    const [algorithm, publicUsages, privateUsages, extractable] = output;
    return {
      publicKey: newCryptoKey(publicHandle, algorithm, publicUsages, true),
      privateKey: newCryptoKey(privateHandle, algorithm, privateUsages, extractable),
    };
  }
  const [publicFormat, publicType, privateFormat, privateType, cipher, passphrase] = output;
  return [
    publicFormat === undefined ? publicHandle
      : exportKey(kKeyTypePublic, KeyObjectHandle.key(publicHandle), publicFormat, publicType),
    privateFormat === undefined ? privateHandle
      : exportKey(kKeyTypePrivate, key, privateFormat, privateType, cipher, passphrase),
  ];
}

abstract class PairJob extends CryptoJob {
  constructor(mode: number, make: () => number, output: PairOutput) {
    const [, , , , cipher] = mode === kCryptoJobWebCrypto ? [] : output;
    if (typeof cipher === 'string' && ops.crypto_cipher_info(cipher) === undefined) {
      throw coded(Error, 'ERR_CRYPTO_UNKNOWN_CIPHER', 'Unknown cipher');
    }
    super('KEYPAIRGENREQUEST', mode, () => {
      let key: number;
      try {
        key = make();
      } catch (error) {
        throw plainly(error);
      }
      return delivered(mode, key, output);
    });
  }
}

export class RsaKeyPairGenJob extends PairJob {
  constructor(mode: number, variant: number, bits: number, exponent: number, ...rest: any[]) {
    if (variant !== kKeyVariantRSA_PSS || mode === kCryptoJobWebCrypto) {
      super(mode, () => ops.crypto_generate_rsa(bits, exponent, false), rest);
      return;
    }
    const [hash, mgf1, salt, ...output] = rest;
    if (hash !== undefined) checkDigest(hash);
    if (mgf1 !== undefined) checkDigest(mgf1, () => typeError('ERR_CRYPTO_INVALID_DIGEST', `Invalid MGF1 digest: ${mgf1}`));
    super(mode, () => ops.crypto_generate_rsa(bits, exponent, true, hash, mgf1, salt), output);
  }
}

const curves = (): string[] => [...ops.crypto_curve_names(), 'P-256', 'P-384', 'P-521'];

export class EcKeyPairGenJob extends PairJob {
  constructor(mode: number, curve: string, encoding: number | undefined, ...output: any[]) {
    if (!curves().includes(curve)) throw typeError('ERR_CRYPTO_INVALID_CURVE', 'Invalid EC curve name');
    super(mode, () => ops.crypto_generate_ec(curve, encoding === OPENSSL_EC_EXPLICIT_CURVE), output);
  }
}

/** Names of the kinds that a number tells. */
const nids = new Map<number, string>(
  ['ED25519', 'ED448', 'X25519', 'X448'].map((name) => [number(`EVP_PKEY_${name}`), name.toLowerCase()]),
);

export class NidKeyPairGenJob extends PairJob {
  constructor(mode: number, nid: number, ...output: any[]) {
    const name = nids.get(nid);
    if (name === undefined) throw coded(Error, 'ERR_FEATURE_UNAVAILABLE_ON_PLATFORM', 'keys of this type are not available in this container');
    super(mode, () => ops.crypto_generate_okp(name)!, output);
  }
}

export class DsaKeyPairGenJob extends PairJob {
  constructor(mode: number, bits: number, divisorBits: number, ...output: any[]) {
    const natural = bits >= 2048 ? 224 : 160;
    super(mode, () => ops.crypto_generate_dsa(bits, divisorBits < 0 ? natural : divisorBits), output);
  }
}

function bytesOf(value: number): Uint8Array {
  return new Uint8Array([value >>> 24, value >>> 16, value >>> 8, value]);
}

export class DhKeyPairGenJob extends PairJob {
  constructor(mode: number, prime: string | number | Bytes, ...rest: any[]) {
    if (typeof prime === 'string') {
      const group = ops.crypto_dh_group(prime);
      if (group === undefined) throw coded(Error, 'ERR_CRYPTO_UNKNOWN_DH_GROUP', 'Unknown DH group');
      super(mode, () => ops.crypto_generate_dh(group, bytesOf(2)), rest);
      return;
    }
    const [generator, ...output] = rest;
    const given = typeof prime === 'number' ? undefined : viewOf(prime).slice();
    super(mode, () => ops.crypto_generate_dh(given ?? ops.crypto_dh_prime(prime as number, generator), bytesOf(generator)), output);
  }
}

// --- operations --------------------------------------------------------------------------------------------------------------

export class SignJob extends CryptoJob {
  constructor(
    mode: number, signMode: number, data: any, format: any, type: any, passphrase: any, curve: any, message: unknown,
    digest: string | null | undefined, salt: number | undefined, padding: number | undefined, encoding: number | undefined,
    context: unknown, signature: unknown,
  ) {
    const input: KeyInput = [data, format, type, passphrase, curve];
    const signs = signMode === kSignJobModeSign;
    const key = signs ? privateKey(input) : publicOrPrivateKey(input);
    // A handle of the caller's must outlive the job.
    const handle = data instanceof KeyObjectHandle ? data : undefined;
    const bytes = viewOf(message).slice();
    if (digest != null) checkDigest(digest);
    const extra = context == null ? undefined : viewOf(context).slice();
    const p1363 = encoding === kSigEncP1363;
    const given = signature === undefined ? undefined : viewOf(signature).slice();
    super('SIGNREQUEST', mode, () => {
      try {
        if (signs) return ops.crypto_sign(key, bytes, digest ?? undefined, padding, salt, p1363, extra).buffer;
        return ops.crypto_verify(key, bytes, digest ?? undefined, padding, salt, p1363, extra, given!);
      } finally {
        if (handle === undefined) ops.resource_drop(key);
      }
    });
  }
}

export class DHBitsJob extends CryptoJob {
  constructor(mode: number, ...parts: any[]) {
    const theirs: KeyInput = parts.slice(0, 5) as any;
    const ours: KeyInput = parts.slice(5, 10) as any;
    const [publicKey, own] = [publicOrPrivateKey(theirs), privateKey(ours)];
    super('DERIVEBITSREQUEST', mode, () => {
      const secret = ops.crypto_agree(own, publicKey);
      if (!(theirs[0] instanceof KeyObjectHandle)) ops.resource_drop(publicKey);
      if (!(ours[0] instanceof KeyObjectHandle)) ops.resource_drop(own);
      return secret.buffer;
    });
  }
}

export class RSACipherJob extends CryptoJob {
  constructor(mode: number, direction: number, key: KeyObjectHandle, data: unknown, _variant: number, hash: string, label?: unknown) {
    const input = viewOf(data).slice();
    const tag = label === undefined ? undefined : viewOf(label).slice();
    const operation = direction === kWebCryptoCipherEncrypt ? 0 : 1;
    super('CIPHERREQUEST', mode, () => {
      try {
        return ops.crypto_rsa(operation, KeyObjectHandle.key(key), input, RSA_PKCS1_OAEP_PADDING, hash, tag).buffer;
      } catch {
        throw new Error('Cipher job failed');
      }
    });
  }
}

/** `publicEncrypt` and its three relatives. */
function rsaFunction(operation: number, find: (input: KeyInput) => number) {
  return (data: any, format: any, type: any, passphrase: any, curve: any, buffer: unknown, padding: number, hash?: string, label?: unknown): Uint8Array => {
    if (hash !== undefined && ops.crypto_hash_once(hash, '') === undefined) {
      throw coded(Error, 'ERR_OSSL_EVP_INVALID_DIGEST', 'Invalid digest used');
    }
    const key = find([data, format, type, passphrase, curve]);
    try {
      return asBuffer(openssl(() => (
        ops.crypto_rsa(operation, key, viewOf(buffer), padding, hash ?? 'sha1', label === undefined ? undefined : viewOf(label))
      )));
    } finally {
      if (!(data instanceof KeyObjectHandle)) ops.resource_drop(key);
    }
  };
}

export const publicEncrypt = rsaFunction(0, publicOrPrivateKey);
export const privateDecrypt = rsaFunction(1, privateKey);
export const privateEncrypt = rsaFunction(2, privateKey);
export const publicDecrypt = rsaFunction(3, publicOrPrivateKey);
