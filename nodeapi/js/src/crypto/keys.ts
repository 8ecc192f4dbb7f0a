// Secret keys, and the native bases of KeyObject and CryptoKey. Key pairs are not here.

import { constant, notAvailable } from '../oracle';
import { asBuffer, Encoding } from '../bindings/buffer';

const { ops } = host;
const Uint8 = Uint8Array;
const kKeyTypeSecret: number = constant('crypto', 'kKeyTypeSecret');

/** The bytes behind a view or an ArrayBuffer. */
export function viewOf(source: any): Uint8Array {
  if (ArrayBuffer.isView(source)) return new Uint8(source.buffer, source.byteOffset, source.byteLength);
  return new Uint8(source);
}

export class KeyObjectHandle {
  #bytes = new Uint8(0);

  init(type: number, data: unknown): void {
    if (type !== kKeyTypeSecret) throw notAvailable('a public or private key');
    this.#bytes = keyBytes(data).slice();
  }

  getKeyType(): number {
    return kKeyTypeSecret;
  }

  getSymmetricKeySize(): number {
    return this.#bytes.length;
  }

  export(): Uint8Array {
    return asBuffer(this.#bytes.slice());
  }

  exportJwk(target: any): object {
    target.kty = 'oct';
    target.k = ops.buffer_slice(this.#bytes, Encoding.BASE64URL, 0, this.#bytes.length);
    return target;
  }

  equals(other: KeyObjectHandle): boolean {
    const [left, right] = [this.#bytes, other.#bytes];
    return left.length === right.length && ops.crypto_timing_safe_equal(left, right);
  }

  /** The bytes themselves, for native code. */
  static bytes(handle: KeyObjectHandle): Uint8Array {
    return handle.#bytes;
  }
}

/** Key material: a handle, a view or an ArrayBuffer. */
export function keyBytes(source: unknown): Uint8Array {
  return source instanceof KeyObjectHandle ? KeyObjectHandle.bytes(source) : viewOf(source);
}

function invalidThis(name: string): Error {
  return Object.assign(new TypeError(`Value of "this" must be of type ${name}`), { code: 'ERR_INVALID_THIS' });
}

const keyObjects = new WeakMap<object, KeyObjectHandle>();

class NativeKeyObject {
  constructor(handle: KeyObjectHandle) {
    keyObjects.set(this, handle);
  }
}

/** `make` builds Node's classes on the native base and returns them. */
export function createNativeKeyObjectClass(make: (base: typeof NativeKeyObject) => unknown): unknown {
  return make(NativeKeyObject);
}

/** `[type, handle]`. */
export function getKeyObjectSlots(key: object): unknown[] {
  const handle = keyObjects.get(key);
  if (handle === undefined) throw invalidThis('KeyObject');
  return [handle.getKeyType(), handle];
}

interface CryptoKeySlots { handle: KeyObjectHandle; algorithm: unknown; usages: number; extractable: boolean }
const cryptoKeys = new WeakMap<object, CryptoKeySlots>();

class NativeCryptoKey {
  constructor(handle: KeyObjectHandle, algorithm: unknown, usages: number, extractable: boolean) {
    cryptoKeys.set(this, { handle, algorithm, usages, extractable });
  }
}

export function createCryptoKeyClass(make: (base: typeof NativeCryptoKey) => unknown): unknown {
  return make(NativeCryptoKey);
}

/** `[type, extractable, algorithm, usages, handle]`. */
export function getCryptoKeySlots(key: object): unknown[] {
  const slots = cryptoKeys.get(key);
  if (slots === undefined) throw invalidThis('CryptoKey');
  return [slots.handle.getKeyType(), slots.extractable, slots.algorithm, slots.usages, slots.handle];
}
