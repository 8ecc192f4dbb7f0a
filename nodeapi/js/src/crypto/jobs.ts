// Jobs that need no key pair: digests, MACs, key derivation, randomness, primes, secret keys.

import { constant } from '../oracle';
import { invalidDigest } from './digest';
import { CryptoJob, kCryptoJobWebCrypto } from './job';
import { keyBytes, KeyObjectHandle, newCryptoKey, viewOf } from './keys';
import { coded, openssl, plainly } from './openssl';

declare global {
  interface Ops {
    crypto_hkdf(digest: string, key: Bytes, salt: Bytes, info: Bytes, length: number): Uint8Array;
    crypto_pbkdf2(digest: string, password: Bytes, salt: Bytes, iterations: number, length: number): Uint8Array;
    crypto_scrypt_check(N: number, r: number, p: number, maxmem: number): void;
    crypto_scrypt(password: Bytes, salt: Bytes, N: number, r: number, p: number, maxmem: number, length: number): Uint8Array;
    crypto_argon2(
      password: Bytes, nonce: Bytes, parallelism: number, length: number, memory: number, passes: number, secret: Bytes, data: Bytes,
      type: number,
    ): Uint8Array;
    crypto_cshake(strength: number, data: Bytes, name: Bytes, customization: Bytes, bits: number): Uint8Array;
    crypto_kmac(strength: number, key: Bytes, data: Bytes, customization: Bytes, bits: number): Uint8Array;
    crypto_generate_prime(bits: number, safe: boolean, add?: Bytes, rem?: Bytes): Uint8Array;
    crypto_check_prime(candidate: Bytes, checks: number): boolean;
    sys_getrandom(bytes: Bytes): Result;
  }
}

const { ops } = host;
const Uint8 = Uint8Array;
const kSignJobModeSign: number = constant('crypto', 'kSignJobModeSign');
const kKeyTypeSecret: number = constant('crypto', 'kKeyTypeSecret');

/** The most that one system call is asked for. */
const RANDOM_BYTES = 65536;

function fillRandom(bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) {
    const count = ops.sys_getrandom(bytes.subarray(at, at + RANDOM_BYTES));
    if (count <= 0) throw Object.assign(new Error('no randomness to be had'), { code: 'ERR_OPERATION_FAILED' });
    at += count;
  }
}

/** A digest's name, or Node's complaint about it. */
function checkDigest(name: string): string {
  if (ops.crypto_hash_once(name, '') === undefined) throw invalidDigest(name);
  return name;
}

function arrayBuffer(bytes: Uint8Array): ArrayBufferLike {
  return bytes.buffer;
}

export class HashJob extends CryptoJob {
  constructor(mode: number, name: string, data: unknown, outputBits?: number) {
    const input = viewOf(data).slice();
    checkDigest(name);
    const length = outputBits === undefined ? undefined : outputBits / 8;
    super('HASHREQUEST', mode, () => arrayBuffer(ops.crypto_hash_once(name, input, length)!));
  }
}

export class HmacJob extends CryptoJob {
  constructor(mode: number, signMode: number, name: string, key: unknown, data: unknown, signature?: unknown) {
    const [secret, input] = [keyBytes(key).slice(), viewOf(data).slice()];
    const expected = signature === undefined ? undefined : viewOf(signature).slice();
    checkDigest(name);
    super('SIGNREQUEST', mode, () => {
      const mac = ops.crypto_hmac_new(name, secret)!;
      ops.crypto_hmac_update(mac, input);
      const digest = ops.crypto_hmac_finish(mac);
      if (signMode === kSignJobModeSign) return arrayBuffer(digest);
      return expected !== undefined && expected.length === digest.length && ops.crypto_timing_safe_equal(digest, expected);
    });
  }
}

const optionalView = (value: unknown): Uint8Array => (value === undefined ? new Uint8(0) : viewOf(value).slice());

export class CShakeJob extends CryptoJob {
  constructor(mode: number, name: string, data: unknown, functionName: unknown, customization: unknown, bits: number) {
    const [bytes, fn, own] = [viewOf(data).slice(), optionalView(functionName), optionalView(customization)];
    const strength = name.endsWith('128') ? 128 : 256;
    super('HASHREQUEST', mode, () => arrayBuffer(ops.crypto_cshake(strength, bytes, fn, own, bits)));
  }
}

export class KmacJob extends CryptoJob {
  constructor(
    mode: number, signMode: number, key: unknown, name: string, customization: unknown, _keyBits: number, bits: number, data: unknown,
    signature?: unknown,
  ) {
    const [secret, bytes, own] = [keyBytes(key), viewOf(data).slice(), optionalView(customization)];
    const expected = signature === undefined ? undefined : viewOf(signature).slice();
    const strength = name.endsWith('128') ? 128 : 256;
    super('SIGNREQUEST', mode, () => {
      const mac = ops.crypto_kmac(strength, secret, bytes, own, bits);
      if (signMode === kSignJobModeSign) return arrayBuffer(mac);
      return expected !== undefined && expected.length === mac.length && ops.crypto_timing_safe_equal(mac, expected);
    });
  }
}

export class PBKDF2Job extends CryptoJob {
  constructor(mode: number, password: unknown, salt: unknown, iterations: number, length: number, name: string) {
    const [secret, salted] = [keyBytes(password).slice(), viewOf(salt).slice()];
    checkDigest(name);
    super('PBKDF2REQUEST', mode, () => arrayBuffer(ops.crypto_pbkdf2(name, secret, salted, iterations, length)));
  }
}

export class HKDFJob extends CryptoJob {
  constructor(mode: number, name: string, key: unknown, salt: unknown, info: unknown, length: number) {
    const [secret, salted, context] = [keyBytes(key).slice(), viewOf(salt).slice(), viewOf(info).slice()];
    checkDigest(name);
    if (length > 255 * ops.crypto_hash_once(name, '')!.length) {
      throw Object.assign(new RangeError('Invalid key length'), { code: 'ERR_CRYPTO_INVALID_KEYLEN' });
    }
    super('DERIVEBITSREQUEST', mode, () => arrayBuffer(ops.crypto_hkdf(name, secret, salted, context, length)));
  }
}

export class ScryptJob extends CryptoJob {
  constructor(mode: number, password: unknown, salt: unknown, N: number, r: number, p: number, maxmem: number, length: number) {
    const [secret, salted] = [keyBytes(password).slice(), viewOf(salt).slice()];
    ops.crypto_scrypt_check(N, r, p, maxmem);
    super('SCRYPTREQUEST', mode, () => arrayBuffer(ops.crypto_scrypt(secret, salted, N, r, p, maxmem, length)));
  }
}

export class RandomBytesJob extends CryptoJob {
  constructor(mode: number, target: unknown, offset: number, size: number) {
    const bytes = viewOf(target).subarray(offset, offset + size);
    super('RANDOMBYTESREQUEST', mode, () => fillRandom(bytes));
  }
}

export class SecretKeyGenJob extends CryptoJob {
  constructor(mode: number, bits: number, algorithm?: unknown, usages?: number, extractable?: boolean) {
    super('KEYGENREQUEST', mode, () => {
      const bytes = new Uint8(mode === kCryptoJobWebCrypto ? Math.ceil(bits / 8) : Math.floor(bits / 8));
      fillRandom(bytes);
      if (mode === kCryptoJobWebCrypto && bits % 8 !== 0) bytes[bytes.length - 1]! &= 0xff << (8 - bits % 8);
      const handle = new KeyObjectHandle();
      handle.init(kKeyTypeSecret, bytes);
      return mode === kCryptoJobWebCrypto ? newCryptoKey(handle, algorithm, usages!, extractable!) : handle;
    });
  }
}

export class Argon2Job extends CryptoJob {
  constructor(
    mode: number, message: unknown, nonce: unknown, parallelism: number, length: number, memory: number, passes: number,
    secret: unknown, associatedData: unknown, type: number,
  ) {
    const [password, salt, key, data] = [keyBytes(message), viewOf(nonce), viewOf(secret), viewOf(associatedData)].map((bytes) => bytes.slice());
    super('DERIVEBITSREQUEST', mode, () => (
      arrayBuffer(ops.crypto_argon2(password!, salt!, parallelism, length, memory, passes, key!, data!, type))
    ));
  }
}

/** Big-endian bytes without zeros in front, for comparing. */
function magnitude(bytes: Uint8Array): Uint8Array {
  const start = bytes.findIndex((byte) => byte !== 0);
  return start < 0 ? bytes.subarray(bytes.length) : bytes.subarray(start);
}

function bitLength(bytes: Uint8Array): number {
  const plain = magnitude(bytes);
  return plain.length === 0 ? 0 : plain.length * 8 - Math.clz32(plain[0]!) + 24;
}

function isGreater(left: Uint8Array, right: Uint8Array): boolean {
  const [a, b] = [magnitude(left), magnitude(right)];
  return a.length === b.length ? ops.buffer_compare(a, b) > 0 : a.length > b.length;
}

export class RandomPrimeJob extends CryptoJob {
  constructor(mode: number, bits: number, safe: boolean, add?: unknown, rem?: unknown) {
    const [step, rest] = [add, rem].map((value) => (value === undefined ? undefined : viewOf(value).slice()));
    if (step !== undefined) {
      if (bitLength(step) > bits) throw coded(RangeError as any, 'ERR_OUT_OF_RANGE', 'invalid options.add');
      if (rest !== undefined && !isGreater(step, rest)) throw coded(RangeError as any, 'ERR_OUT_OF_RANGE', 'invalid options.rem');
    }
    super('RANDOMPRIMEREQUEST', mode, () => {
      try {
        const prime = ops.crypto_generate_prime(bits, safe, step, rest);
        const wide = new Uint8(Math.ceil(bits / 8));
        wide.set(prime, wide.length - prime.length);
        return arrayBuffer(wide);
      } catch (error) {
        throw plainly(error);
      }
    });
  }
}

export class CheckPrimeJob extends CryptoJob {
  constructor(mode: number, candidate: unknown, checks: number) {
    // What OpenSSL's numbers hold at most.
    if (viewOf(candidate).length >= 1 << 26) {
      openssl(() => { throw new Error('error:01800072:bignum routines::bignum too long'); });
    }
    const bytes = viewOf(candidate).slice();
    super('CHECKPRIMEREQUEST', mode, () => openssl(() => ops.crypto_check_prime(bytes, checks)));
  }
}
