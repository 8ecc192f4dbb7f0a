// Hash and Hmac. The states are native resources.

import { asBuffer, encodeBytes, Encoding, parseEncoding } from '../bindings/buffer';
import { freeWhenCollected } from '../resources';
import { keyBytes, viewOf } from './keys';

declare global {
  interface Ops {
    crypto_hash_names(): string[];
    crypto_hash_new(name: string, outputLength?: number): number | undefined;
    crypto_hash_copy(hash: number, outputLength?: number): number;
    crypto_hash_update(hash: number, data: Bytes | string): void;
    crypto_hash_finish(hash: number): Uint8Array;
    crypto_hash_once(name: string, data: Bytes | string, outputLength?: number): Uint8Array | undefined;
    crypto_hmac_new(name: string, key: Bytes): number | undefined;
    crypto_hmac_update(mac: number, data: Bytes | string): void;
    crypto_hmac_finish(mac: number): Uint8Array;
  }
}

const { ops } = host;

export function hashNames(): string[] {
  return ops.crypto_hash_names();
}

/** Text that is UTF-8 goes as it is; other encodings are bytes first. */
function input(data: unknown, encoding: unknown): Bytes | string {
  if (typeof data !== 'string') return viewOf(data);
  const number = parseEncoding(encoding, Encoding.UTF8);
  if (number === Encoding.UTF8 || number === Encoding.BUFFER) return data;
  const bytes = new Uint8Array(number === Encoding.UCS2 ? data.length * 2 : data.length);
  return bytes.subarray(0, ops.buffer_write(bytes, data, number, 0, bytes.length));
}

function output(digest: Uint8Array, encoding: unknown): string | Uint8Array {
  return encoding === undefined || encoding === 'buffer' ? asBuffer(digest.slice()) : encodeBytes(digest, encoding);
}

export class Hash {
  #id: number;
  #digest: Uint8Array | undefined;

  constructor(source: string | Hash, outputLength?: number) {
    const id = typeof source === 'string'
      ? ops.crypto_hash_new(source, outputLength)
      : ops.crypto_hash_copy(source.#id, outputLength);
    if (id === undefined) throw new Error('Digest method not supported');
    this.#id = id;
    freeWhenCollected(this, id);
  }

  update(data: unknown, encoding?: unknown): boolean {
    ops.crypto_hash_update(this.#id, input(data, encoding));
    return true;
  }

  digest(encoding?: unknown): string | Uint8Array {
    this.#digest ??= ops.crypto_hash_finish(this.#id);
    return output(this.#digest, encoding);
  }
}

export class Hmac {
  #id = 0;
  #digest: Uint8Array | undefined;

  init(name: string, key: unknown): void {
    const id = ops.crypto_hmac_new(name, keyBytes(key));
    if (id === undefined) throw invalidDigest(name);
    this.#id = id;
    freeWhenCollected(this, id);
  }

  update(data: unknown, encoding?: unknown): boolean {
    ops.crypto_hmac_update(this.#id, input(data, encoding));
    return true;
  }

  digest(encoding?: unknown): string | Uint8Array {
    this.#digest ??= ops.crypto_hmac_finish(this.#id);
    return output(this.#digest, encoding);
  }
}

export function invalidDigest(name: string): Error {
  return Object.assign(new TypeError(`Invalid digest: ${name}`), { code: 'ERR_CRYPTO_INVALID_DIGEST' });
}

/** `crypto.hash`. */
export function oneShotDigest(
  name: string, _id: number, _cache: object, data: unknown, encoding: string, _number: number, outputLength?: number,
): string | Uint8Array {
  const bytes = input(data, 'utf8');
  const natural = ops.crypto_hash_once(name, '')?.length;
  if (natural !== undefined && outputLength !== undefined && outputLength !== natural && !/^shake/i.test(name)) {
    throw new Error(`Output length ${outputLength} is invalid for ${name}, which does not support XOF`);
  }
  const digest = ops.crypto_hash_once(name, bytes, outputLength);
  if (digest === undefined) throw new Error(`Digest method ${name} is not supported`);
  return output(digest, encoding);
}
