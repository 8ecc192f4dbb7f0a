// CryptoJob: work that is done at once, in the poll phase, or behind a promise (Web Crypto).

import { AsyncWrap, callIn, makeCallback } from '../async_wrap';
import { constant } from '../oracle';
import { enqueueWork } from '../loop';
import { invalidDigest } from './digest';
import { keyBytes, KeyObjectHandle, viewOf } from './keys';

declare global {
  interface Ops {
    crypto_hkdf(digest: string, key: Bytes, salt: Bytes, info: Bytes, length: number): Uint8Array;
    crypto_pbkdf2(digest: string, password: Bytes, salt: Bytes, iterations: number, length: number): Uint8Array;
    crypto_scrypt_check(N: number, r: number, p: number, maxmem: number): void;
    crypto_scrypt(password: Bytes, salt: Bytes, N: number, r: number, p: number, maxmem: number, length: number): Uint8Array;
    sys_getrandom(bytes: Bytes): Result;
  }
}

const { ops } = host;
const Uint8 = Uint8Array;
const kCryptoJobAsync: number = constant('crypto', 'kCryptoJobAsync');
const kCryptoJobSync: number = constant('crypto', 'kCryptoJobSync');
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

abstract class CryptoJob extends AsyncWrap {
  #mode: number;
  #work: () => unknown;

  constructor(provider: string, mode: number, work: () => unknown) {
    super(provider);
    this.#mode = mode;
    this.#work = work;
  }

  /** `[error, result]` for a synchronous job, a promise for Web Crypto, nothing otherwise (`ondone` follows). */
  run(): unknown {
    if (this.#mode === kCryptoJobSync) return this.#outcome();
    if (this.#mode === kCryptoJobAsync) {
      enqueueWork(() => makeCallback(this, 'ondone', ...this.#outcome()));
      return undefined;
    }
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    enqueueWork(() => callIn(this, () => {
      const [error, result] = this.#outcome();
      if (error === undefined) resolve(result);
      else reject(error);
    }));
    return promise;
  }

  #outcome(): [unknown, unknown] {
    try {
      return [undefined, this.#work()];
    } catch (error) {
      return [error, undefined];
    }
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
  constructor(mode: number, bits: number) {
    super('KEYGENREQUEST', mode, () => {
      const bytes = new Uint8(Math.floor(bits / 8));
      fillRandom(bytes);
      const handle = new KeyObjectHandle();
      handle.init(kKeyTypeSecret, bytes);
      return handle;
    });
  }
}
