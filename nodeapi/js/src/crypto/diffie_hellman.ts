// DiffieHellman, DiffieHellmanGroup and ECDH.

import { asBuffer } from '../bindings/buffer';
import { viewOf } from './keys';
import { coded, openssl } from './openssl';

declare global {
  interface Ops {
    crypto_dh_check(prime: Bytes, generator: Bytes): number;
    crypto_dh_private(prime: Bytes, generator: Bytes): Uint8Array;
    crypto_mod_pow(base: Bytes, exponent: Bytes, modulus: Bytes): Uint8Array;
    crypto_ec_generate(curve: string): Uint8Array;
    crypto_ec_public(curve: string, privateKey: Bytes): Uint8Array | undefined;
    crypto_ec_point(curve: string, point: Bytes, form: number): Uint8Array | undefined;
    crypto_ec_agree(curve: string, privateKey: Bytes, point: Bytes): Uint8Array | undefined;
  }
}

const { ops } = host;
const UNCOMPRESSED = 4;
const MODULUS_BITS_MIN = 512;
const BAD_GENERATOR = 'error:02800065:Diffie-Hellman routines::bad generator';

function opensslError(text: string): never {
  return openssl(() => { throw new Error(text); });
}

/** Without zeros in front. */
function trimmed(bytes: Uint8Array): Uint8Array {
  const start = bytes.findIndex((byte) => byte !== 0);
  return start < 0 ? new Uint8Array(0) : bytes.slice(start);
}

function compare(left: Uint8Array, right: Uint8Array): number {
  return left.length === right.length ? ops.buffer_compare(left, right) : left.length - right.length;
}

const failed = (what: string): Error => coded(Error, 'ERR_CRYPTO_OPERATION_FAILED', what);

export class DiffieHellman {
  #prime: Uint8Array;
  #generator: Uint8Array;
  #private: Uint8Array | undefined;
  #public: Uint8Array | undefined;
  #verifyError: number | undefined;

  constructor(prime: number | Bytes, generator: number | Bytes, isKnown = false) {
    if (typeof generator === 'number') {
      if (generator < 2) opensslError(BAD_GENERATOR);
      this.#generator = trimmed(new Uint8Array([generator >>> 24, generator >>> 16, generator >>> 8, generator]));
    } else {
      this.#generator = trimmed(viewOf(generator));
      if (this.#generator.length === 0 || this.#generator.length === 1 && this.#generator[0]! < 2) opensslError(BAD_GENERATOR);
    }
    if (typeof prime === 'number') {
      if (prime < 0 || prime < MODULUS_BITS_MIN) opensslError('error:0280007E:Diffie-Hellman routines::modulus too small');
      const small = typeof generator === 'number' ? generator : this.#generator.at(-1)!;
      this.#prime = openssl(() => ops.crypto_dh_prime(prime, small));
      this.#verifyError = 0;
    } else this.#prime = trimmed(viewOf(prime));
    if (isKnown) this.#verifyError = 0;
    Object.defineProperty(this, 'verifyError', { get: () => this.#check(), enumerable: true, configurable: true });
  }

  /** Whether the group is a good one: an own property, as in Node. */
  #check(): number {
    this.#verifyError ??= ops.crypto_dh_check(this.#prime, this.#generator);
    return this.#verifyError;
  }

  generateKeys(): Uint8Array {
    this.#private ??= ops.crypto_dh_private(this.#prime, this.#generator);
    this.#public = ops.crypto_mod_pow(this.#generator, this.#private, this.#prime);
    return asBuffer(this.#public.slice());
  }

  computeSecret(key: unknown): Uint8Array {
    const other = trimmed(viewOf(key));
    const one = new Uint8Array([1]);
    if (compare(other, one) <= 0) throw coded(RangeError as any, 'ERR_CRYPTO_INVALID_KEYLEN', 'Supplied key is too small');
    const limit = this.#prime.slice();
    limit[limit.length - 1]! -= 1;
    if (compare(other, limit) >= 0) throw coded(RangeError as any, 'ERR_CRYPTO_INVALID_KEYLEN', 'Supplied key is too large');
    if (this.#private === undefined) throw coded(Error, 'ERR_CRYPTO_INVALID_STATE', 'No private key - did you forget to generate one?');
    return asBuffer(ops.crypto_mod_pow(other, this.#private, this.#prime));
  }

  getPrime(): Uint8Array {
    return asBuffer(this.#prime.slice());
  }

  getGenerator(): Uint8Array {
    return asBuffer(this.#generator.slice());
  }

  getPublicKey(): Uint8Array {
    if (this.#public === undefined) throw coded(Error, 'ERR_CRYPTO_INVALID_STATE', 'No public key - did you forget to generate one?');
    return asBuffer(this.#public.slice());
  }

  getPrivateKey(): Uint8Array {
    if (this.#private === undefined) throw coded(Error, 'ERR_CRYPTO_INVALID_STATE', 'No private key - did you forget to generate one?');
    return asBuffer(this.#private.slice());
  }

  setPublicKey(key: unknown): void {
    this.#public = trimmed(viewOf(key));
  }

  setPrivateKey(key: unknown): void {
    this.#private = trimmed(viewOf(key));
  }
}

export class DiffieHellmanGroup extends DiffieHellman {
  constructor(name: string) {
    const prime = ops.crypto_dh_group(name);
    if (prime === undefined) throw coded(Error, 'ERR_CRYPTO_UNKNOWN_DH_GROUP', 'Unknown DH group');
    super(prime, 2, true);
  }
}

const NOT_A_POINT = 'Failed to convert Buffer to EC_POINT';

export class ECDH {
  #curve: string;
  #private: Uint8Array | undefined;
  #point: Uint8Array | undefined;

  constructor(curve: string) {
    ops.crypto_ec_generate(curve);
    this.#curve = curve;
  }

  generateKeys(): void {
    this.#private = ops.crypto_ec_generate(this.#curve);
    this.#point = ops.crypto_ec_public(this.#curve, this.#private);
  }

  /** A Buffer, or a string for a key that is none (Node's library makes the error). */
  computeSecret(key: unknown): Uint8Array | string {
    const point = ops.crypto_ec_point(this.#curve, viewOf(key), UNCOMPRESSED);
    if (point === undefined) return 'ERR_CRYPTO_ECDH_INVALID_PUBLIC_KEY';
    const own = this.#private === undefined ? undefined : ops.crypto_ec_public(this.#curve, this.#private);
    if (this.#private === undefined || this.#point === undefined || own === undefined || compare(own, this.#point) !== 0) {
      throw coded(Error, 'ERR_CRYPTO_INVALID_KEYPAIR', 'Invalid key pair');
    }
    const secret = ops.crypto_ec_agree(this.#curve, this.#private, point);
    if (secret === undefined) throw failed('Failed to compute ECDH key');
    return asBuffer(secret);
  }

  getPublicKey(form: number): Uint8Array {
    if (this.#point === undefined) throw failed('Failed to get ECDH public key');
    return asBuffer(ops.crypto_ec_point(this.#curve, this.#point, form)!);
  }

  getPrivateKey(): Uint8Array {
    if (this.#private === undefined) throw failed('Failed to get ECDH private key');
    return asBuffer(this.#private.slice());
  }

  setPrivateKey(key: unknown): void {
    const bytes = viewOf(key).slice();
    const point = ops.crypto_ec_public(this.#curve, bytes);
    if (point === undefined) {
      throw coded(RangeError as any, 'ERR_CRYPTO_INVALID_KEYTYPE', 'Private key is not valid for specified curve.');
    }
    const size = (point.length - 1) / 2;
    const wide = new Uint8Array(size);
    const plain = trimmed(bytes);
    wide.set(plain, size - plain.length);
    this.#private = wide;
    this.#point = point;
  }

  setPublicKey(key: unknown): void {
    const point = ops.crypto_ec_point(this.#curve, viewOf(key), UNCOMPRESSED);
    if (point === undefined) throw failed(NOT_A_POINT);
    this.#point = point;
  }
}

export function ECDHConvertKey(key: unknown, curve: string, form: number): Uint8Array {
  const bytes = viewOf(key);
  if (bytes.length === 0) return asBuffer(new Uint8Array(0));
  const point = ops.crypto_ec_point(curve, bytes, form);
  if (point === undefined) throw failed(NOT_A_POINT);
  return asBuffer(point);
}
