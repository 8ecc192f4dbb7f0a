// CipherBase, and the cipher jobs of Web Crypto.

import { asBuffer, Encoding, parseEncoding } from '../bindings/buffer';
import { constant } from '../oracle';
import { freeWhenCollected } from '../resources';
import { CryptoJob } from './job';
import { KeyObjectHandle, keyBytes, viewOf } from './keys';
import { coded, decorate, openssl } from './openssl';

declare global {
  interface Ops {
    crypto_cipher_names(): string[];
    crypto_cipher_info(cipher: string | number, keyLength?: number, ivLength?: number):
      [mode: string, name: string, nid: number, blockSize: number, ivLength: number, keyLength: number] | undefined;
    crypto_cipher_new(name: string, encrypts: boolean, key: Bytes, iv: Bytes | null, tagLength?: number): number | undefined;
    crypto_cipher_update(cipher: number, data: Bytes | string): Uint8Array;
    crypto_cipher_final(cipher: number): Uint8Array;
    crypto_cipher_auto_padding(cipher: number, pads: boolean): boolean;
    crypto_cipher_tag(cipher: number): Uint8Array | undefined;
    crypto_cipher_set_tag(cipher: number, tag: Bytes): boolean;
    crypto_cipher_is_short_tag(cipher: number, length: number): boolean;
    crypto_cipher_set_aad(cipher: number, data: Bytes, plaintextLength?: number): boolean;
    crypto_ctr(key: Bytes, counter: Bytes, bits: number, data: Bytes): Uint8Array | undefined;
  }
}

const { ops } = host;
/** What OpenSSL takes at once stays below an `int`'s greatest value. */
const INPUT_BYTES_MAX = 2 ** 31 - 1;

/** Text in an encoding as bytes; views as they are. */
export function inputBytes(data: unknown, encoding: unknown): Uint8Array {
  if (typeof data !== 'string') return viewOf(data);
  let number = parseEncoding(encoding, Encoding.UTF8);
  if (number === Encoding.BUFFER) number = Encoding.UTF8;
  const bytes = new Uint8Array(data.length * 3);
  return bytes.subarray(0, ops.buffer_write(bytes, data, number, 0, bytes.length));
}

function warnOfShortTag(): void {
  host.global.process.emitWarning(
    'Using AES-GCM authentication tags of less than 128 bits without specifying the authTagLength option when initializing '
    + 'decryption is deprecated.', 'DeprecationWarning', 'DEP0182',
  );
}
let warned = false;

export class CipherBase {
  #id: number;

  constructor(encrypts: boolean, name: string, key: unknown, iv: Bytes | null, tagLength: number) {
    const id = openssl(() => ops.crypto_cipher_new(
      name, encrypts, keyBytes(key), iv === null ? null : viewOf(iv), tagLength < 0 ? undefined : tagLength,
    ));
    if (id === undefined) throw coded(Error, 'ERR_CRYPTO_UNKNOWN_CIPHER', 'Unknown cipher');
    this.#id = id;
    freeWhenCollected(this, id);
  }

  update(data: unknown, encoding?: unknown): Uint8Array {
    const bytes = inputBytes(data, encoding);
    if (bytes.length >= INPUT_BYTES_MAX) throw new Error('Trying to add data in unsupported state');
    return asBuffer(openssl(() => ops.crypto_cipher_update(this.#id, bytes)));
  }

  final(): Uint8Array {
    return asBuffer(openssl(() => ops.crypto_cipher_final(this.#id)));
  }

  setAutoPadding(pads = true): boolean {
    return ops.crypto_cipher_auto_padding(this.#id, pads);
  }

  getAuthTag(): Uint8Array | undefined {
    const tag = ops.crypto_cipher_tag(this.#id);
    return tag === undefined ? undefined : asBuffer(tag);
  }

  setAuthTag(tag: unknown): boolean {
    const bytes = viewOf(tag);
    const set = openssl(() => ops.crypto_cipher_set_tag(this.#id, bytes));
    if (set && !warned && ops.crypto_cipher_is_short_tag(this.#id, bytes.length)) {
      warned = true;
      warnOfShortTag();
    }
    return set;
  }

  setAAD(data: unknown, plaintextLength: number): boolean {
    return openssl(() => ops.crypto_cipher_set_aad(this.#id, viewOf(data), plaintextLength < 0 ? undefined : plaintextLength));
  }
}

export function getCipherInfo(target: any, name: string | number, keyLength?: number, ivLength?: number): object | undefined {
  if (keyLength !== undefined && keyLength < 0 || ivLength !== undefined && ivLength < 0) return undefined;
  const info = ops.crypto_cipher_info(name, keyLength, ivLength);
  if (info === undefined) return undefined;
  const [mode, official, nid, blockSize, iv, key] = info;
  target.mode = mode;
  target.name = official;
  target.nid = nid;
  if (mode !== 'stream') target.blockSize = blockSize;
  if (iv !== 0) target.ivLength = iv;
  target.keyLength = key;
  return target;
}

// --- Web Crypto --------------------------------------------------------------------------------------------------------------

const kWebCryptoCipherEncrypt: number = constant('crypto', 'kWebCryptoCipherEncrypt');

/** The names of `kKeyVariantAES_*`. */
const variants = new Map<number, string>();
for (const mode of ['CTR', 'CBC', 'GCM', 'KW', 'OCB']) {
  for (const bits of [128, 192, 256]) variants.set(constant('crypto', `kKeyVariantAES_${mode}_${bits}`), mode);
}

/** What Node's cipher jobs fail with, whatever happened. */
function failed(): Error {
  return new Error('Cipher job failed');
}

/** A whole message under an AEAD; the tag follows the text. */
function aead(name: string, encrypts: boolean, key: Bytes, iv: Bytes, tagLength: number, aad: Uint8Array | undefined, data: Uint8Array): Uint8Array {
  if (!encrypts && data.length < tagLength) throw failed();
  const cipher = ops.crypto_cipher_new(name, encrypts, key, iv, tagLength)!;
  try {
    const text = encrypts ? data : data.subarray(0, data.length - tagLength);
    if (!encrypts) ops.crypto_cipher_set_tag(cipher, data.slice(data.length - tagLength));
    if (aad !== undefined && aad.length > 0) ops.crypto_cipher_set_aad(cipher, aad, text.length);
    const parts = [ops.crypto_cipher_update(cipher, text), ops.crypto_cipher_final(cipher)];
    if (encrypts) parts.push(ops.crypto_cipher_tag(cipher)!);
    return joined(parts);
  } finally {
    ops.resource_drop(cipher);
  }
}

function joined(parts: Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

function whole(name: string, encrypts: boolean, key: Bytes, iv: Bytes, data: Uint8Array): Uint8Array {
  const cipher = ops.crypto_cipher_new(name, encrypts, key, iv)!;
  try {
    return joined([ops.crypto_cipher_update(cipher, data), ops.crypto_cipher_final(cipher)]);
  } finally {
    ops.resource_drop(cipher);
  }
}

const wrapValue = new Uint8Array(8).fill(0xa6);

function aes(mode: string, encrypts: boolean, key: Uint8Array, data: Uint8Array, iv: any, extra: any, aad: any): Uint8Array {
  const bits = key.length * 8;
  switch (mode) {
    case 'CTR': {
      const out = ops.crypto_ctr(key, viewOf(iv), extra, data);
      if (out === undefined) throw failed();
      return out;
    }
    case 'CBC': return whole(`aes-${bits}-cbc`, encrypts, key, viewOf(iv), data);
    case 'KW': return whole(`id-aes${bits}-wrap`, encrypts, key, wrapValue, data);
    default: return aead(`aes-${bits}-${mode.toLowerCase()}`, encrypts, key, viewOf(iv), extra, aad === undefined ? undefined : viewOf(aad), data);
  }
}

function hidden(work: () => Uint8Array): () => ArrayBufferLike {
  return () => {
    try {
      return work().buffer;
    } catch (error) {
      // OpenSSL's own words are kept where it has some.
      throw typeof (error as Error).message === 'string' && (error as Error).message.startsWith('error:') ? decorate(error) : failed();
    }
  };
}

export class AESCipherJob extends CryptoJob {
  constructor(
    mode: number, direction: number, key: KeyObjectHandle, data: unknown, variant: number, iv?: unknown, extra?: unknown, aad?: unknown,
  ) {
    const [secret, input] = [keyBytes(key), viewOf(data).slice()];
    const name = variants.get(variant)!;
    if (name === 'CTR' && viewOf(iv).length !== 16 || name === 'CBC' && viewOf(iv).length !== 16) {
      throw coded(TypeError as any, 'ERR_CRYPTO_INVALID_IV', 'Invalid initialization vector');
    }
    if (name === 'OCB' && (viewOf(iv).length < 1 || viewOf(iv).length > 15)) {
      throw coded(TypeError as any, 'ERR_CRYPTO_INVALID_IV', 'Invalid initialization vector');
    }
    super('CIPHERREQUEST', mode, hidden(() => aes(name, direction === kWebCryptoCipherEncrypt, secret, input, iv, extra, aad)));
  }
}

export class ChaCha20Poly1305CipherJob extends CryptoJob {
  constructor(mode: number, direction: number, key: KeyObjectHandle, data: unknown, iv: unknown, aad?: unknown) {
    const [secret, input, nonce] = [keyBytes(key), viewOf(data).slice(), viewOf(iv).slice()];
    const extra = aad === undefined ? undefined : viewOf(aad).slice();
    if (nonce.length !== 12) throw coded(TypeError as any, 'ERR_CRYPTO_INVALID_IV', 'Invalid initialization vector');
    super('CIPHERREQUEST', mode, hidden(() => (
      aead('chacha20-poly1305', direction === kWebCryptoCipherEncrypt, secret, nonce, 16, extra, input)
    )));
  }
}
