// KeyObjectHandle, and the native bases of KeyObject and CryptoKey. The keys themselves are native resources.

import { constant } from '../oracle';
import { asBuffer, Encoding } from '../bindings/buffer';
import { freeWhenCollected } from '../resources';
import { coded, openssl } from './openssl';
import { cryptoKeys, keyObjects } from './shared_keys';

declare global {
  interface Ops {
    crypto_curve_names(): string[];
    crypto_key_private_pem(text: Bytes, passphrase?: Bytes): number;
    crypto_key_private_der(data: Bytes, type: number, passphrase?: Bytes): number;
    crypto_key_public_pem(text: Bytes, passphrase?: Bytes): number;
    crypto_key_public_der(data: Bytes, type: number): number;
    crypto_key_is_rsa_private(data: Bytes): boolean;
    crypto_private_key_pkcs8(data: Bytes, passphrase?: Bytes): Uint8Array;
    crypto_key_from_rsa(...numbers: Bytes[]): number;
    crypto_key_from_ec(curve: string, x: Bytes, y: Bytes, d?: Bytes): number;
    crypto_key_from_okp(name: string, x?: Bytes, d?: Bytes): number | undefined | null;
    crypto_key_from_point(curve: string, point: Bytes): number | undefined;
    crypto_key_from_scalar(curve: string, scalar: Bytes): number | undefined;
    crypto_key_public(key: number): number;
    crypto_key_type(key: number): string;
    crypto_key_details(key: number): Record<string, unknown>;
    crypto_key_equals(left: number, right: number): boolean;
    crypto_key_jwk(key: number): [kty: string, crv: string | null, ...members: any[]];
    crypto_key_raw(key: number, isPrivate: boolean, form: number): Uint8Array | undefined;
    crypto_key_export_public(key: number, pem: boolean, type: number): Uint8Array | string;
    crypto_key_export_private(key: number, pem: boolean, type: number, cipher?: string, passphrase?: Bytes): Uint8Array | string;
  }
}

const { ops } = host;
const Uint8 = Uint8Array;
const number = (name: string): number => constant('crypto', name);
const kKeyTypeSecret = number('kKeyTypeSecret');
const kKeyTypePublic = number('kKeyTypePublic');
const kKeyTypePrivate = number('kKeyTypePrivate');
const kKeyFormatPEM = number('kKeyFormatPEM');
const kKeyFormatJWK = number('kKeyFormatJWK');
const kKeyFormatRawPublic = number('kKeyFormatRawPublic');
const kKeyFormatRawPrivate = number('kKeyFormatRawPrivate');
const kKeyFormatRawSeed = number('kKeyFormatRawSeed');
const kKeyFormatStore = number('kKeyFormatStore');
const kKeyEncodingPKCS1 = number('kKeyEncodingPKCS1');
const kKeyEncodingSPKI = number('kKeyEncodingSPKI');
const kKeyEncodingPKCS8 = number('kKeyEncodingPKCS8');
const kKeyFormatDER = number('kKeyFormatDER');
const UNCOMPRESSED = 4;

/** The bytes behind a view or an ArrayBuffer. */
export function viewOf(source: any): Uint8Array {
  if (ArrayBuffer.isView(source)) return new Uint8(source.buffer, source.byteOffset, source.byteLength);
  return new Uint8(source);
}

const typeError = (code: string, message: string): Error => coded(TypeError as any, code, message);
const incompatible = (): Error => coded(
  Error, 'ERR_CRYPTO_INCOMPATIBLE_KEY_OPTIONS', 'The selected key encoding is incompatible with the key type',
);

/** Bytes of a JWK's member; undefined for what is no Base64url. */
function member(jwk: any, name: string): Uint8Array | undefined {
  const text = jwk[name];
  if (typeof text !== 'string' || !/^[\w+/-]*={0,2}$/.test(text)) return undefined;
  const bytes = new Uint8(text.length);
  return bytes.slice(0, ops.buffer_write(bytes, text, Encoding.BASE64URL, 0, bytes.length));
}

function base64url(bytes: Uint8Array): string {
  return ops.buffer_slice(bytes, Encoding.BASE64URL, 0, bytes.length);
}

const invalidJwk = (what: string): Error => typeError('ERR_CRYPTO_INVALID_JWK', `Invalid JWK ${what} key`);

/** A native key of a JWK that holds a pair or a public key. */
function keyOfJwk(jwk: any, isPrivate: boolean): number {
  const { kty } = jwk;
  if (typeof kty !== 'string') throw typeError('ERR_CRYPTO_INVALID_JWK', 'Invalid JWK format');
  const all = (what: string, names: string[]): Uint8Array[] => names.map((name) => {
    const bytes = member(jwk, name);
    if (bytes === undefined) throw invalidJwk(what);
    return bytes;
  });
  switch (kty) {
    case 'RSA': {
      const numbers = all('RSA', ['n', 'e']);
      if (jwk.d === undefined) {
        if (isPrivate) throw typeError('ERR_CRYPTO_INVALID_JWK', 'JWK does not contain private key material');
        return ops.crypto_key_from_rsa(...numbers);
      }
      return ops.crypto_key_from_rsa(...numbers, ...all('RSA', ['d', 'p', 'q', 'dp', 'dq', 'qi']));
    }
    case 'EC': {
      if (typeof jwk.crv !== 'string') throw invalidJwk('EC');
      const [x, y] = [member(jwk, 'x'), member(jwk, 'y')];
      if (!ops.crypto_curve_names().includes(jwk.crv) && !/^P-(256|384|521)$/.test(jwk.crv)) {
        throw typeError('ERR_CRYPTO_INVALID_CURVE', 'Invalid EC curve name');
      }
      if (x === undefined || y === undefined || isPrivate && jwk.d === undefined) throw invalidJwk('EC');
      return ops.crypto_key_from_ec(jwk.crv, x, y, jwk.d === undefined ? undefined : all('EC', ['d'])[0]);
    }
    case 'OKP': {
      const x = member(jwk, 'x');
      if (typeof jwk.crv !== 'string' || x === undefined || isPrivate && jwk.d === undefined) throw invalidJwk('OKP');
      const key = ops.crypto_key_from_okp(jwk.crv, x, jwk.d === undefined ? undefined : all('OKP', ['d'])[0]);
      if (key == null) throw invalidJwk('OKP');
      return key;
    }
    default: throw typeError('ERR_CRYPTO_INVALID_JWK', `${kty} is not a supported JWK key type`);
  }
}

/** A native key of bytes without any format. */
function keyOfRaw(data: unknown, format: number, type: string, curve: string | null): number {
  const bytes = viewOf(data);
  const invalid = (): Error => typeError('ERR_INVALID_ARG_VALUE', 'Invalid key data');
  const name = type.toLowerCase();
  if (name === 'ec') {
    if (format === kKeyFormatRawSeed) throw incompatible();
    const key = format === kKeyFormatRawPublic
      ? ops.crypto_key_from_point(curve!, bytes)
      : ops.crypto_key_from_scalar(curve!, bytes);
    if (key === undefined) throw invalid();
    return key;
  }
  if (/^(rsa|rsa-pss|dsa|dh)$/.test(name)) throw incompatible();
  if (/^(ml-(dsa|kem)|slh-dsa)-/.test(name)) throw typeError('ERR_INVALID_ARG_VALUE', `Invalid asymmetricKeyType: ${type}`);
  const isPublic = format === kKeyFormatRawPublic;
  const key = ops.crypto_key_from_okp(name, isPublic ? bytes : undefined, isPublic ? undefined : bytes);
  if (key === null) throw typeError('ERR_INVALID_ARG_VALUE', `Invalid asymmetricKeyType: ${type}`);
  if (format === kKeyFormatRawSeed) throw incompatible();
  if (key === undefined) throw invalid();
  return key;
}

/** Key material as Node's library passes it: a handle, or data with format, type, passphrase and curve. */
export type KeyInput = [data: any, format?: number | null, type?: any, passphrase?: any, curve?: any];

function passphraseOf(value: any): Uint8Array | undefined {
  return value == null ? undefined : viewOf(value);
}

/** A private key. */
export function privateKey([data, format, type, passphrase, curve]: KeyInput): number {
  if (data instanceof KeyObjectHandle) return KeyObjectHandle.key(data);
  return openssl(() => {
    if (format === kKeyFormatJWK) return keyOfJwk(data, true);
    if (format === kKeyFormatRawPrivate || format === kKeyFormatRawSeed) return keyOfRaw(data, format!, type, curve);
    if (format === kKeyFormatStore) return ops.crypto_key_private_pem(storedKey(data.uri), passphraseOf(passphrase));
    if (format == null || format === kKeyFormatPEM) return ops.crypto_key_private_pem(viewOf(data), passphraseOf(passphrase));
    return ops.crypto_key_private_der(viewOf(data), type, passphraseOf(passphrase));
  });
}

/** The file that a URL names: the one kind of store there is. */
function storedKey(uri: string): Uint8Array {
  return host.global.process.getBuiltinModule('fs').readFileSync(uri);
}

/** A public key, or the pair that it belongs to. */
export function publicOrPrivateKey([data, format, type, passphrase, curve]: KeyInput): number {
  if (data instanceof KeyObjectHandle) return KeyObjectHandle.key(data);
  return openssl(() => {
    if (format === kKeyFormatJWK) return keyOfJwk(data, false);
    if (format === kKeyFormatRawPublic || format === kKeyFormatRawPrivate || format === kKeyFormatRawSeed) {
      return keyOfRaw(data, format!, type, curve);
    }
    const bytes = viewOf(data);
    if (format == null || format === kKeyFormatPEM) return ops.crypto_key_public_pem(bytes, passphraseOf(passphrase));
    const isPublic = type === kKeyEncodingSPKI || type === kKeyEncodingPKCS1 && !ops.crypto_key_is_rsa_private(bytes);
    return isPublic ? ops.crypto_key_public_der(bytes, type) : ops.crypto_key_private_der(bytes, type, passphraseOf(passphrase));
  });
}

export class KeyObjectHandle {
  #type = kKeyTypeSecret;
  #bytes: Uint8Array = new Uint8(0);
  #key = 0;

  init(type: number, data: unknown, format?: number | null, kind?: any, passphrase?: any, curve?: any): void {
    if (type === kKeyTypeSecret) {
      if (format === kKeyFormatJWK) {
        const jwk = data as any;
        if (jwk.kty !== 'oct') throw typeError('ERR_CRYPTO_INVALID_JWK', 'Invalid JWK format');
        const bytes = member(jwk, 'k');
        if (bytes === undefined) throw typeError('ERR_CRYPTO_INVALID_JWK', 'Invalid JWK secret key format');
        this.#bytes = bytes;
      } else this.#bytes = keyBytes(data).slice();
      return;
    }
    const input: KeyInput = [data, format, kind, passphrase, curve];
    if (type === kKeyTypePrivate) this.#adopt(type, privateKey(input));
    else {
      const key = publicOrPrivateKey(input);
      this.#adopt(type, ops.crypto_key_public(key));
      if (!(data instanceof KeyObjectHandle)) ops.resource_drop(key);
    }
  }

  #adopt(type: number, key: number): void {
    this.#type = type;
    this.#key = key;
    freeWhenCollected(this, key);
  }

  /** A handle of a native key. */
  static of(type: number, key: number): KeyObjectHandle {
    const handle = new KeyObjectHandle();
    handle.#adopt(type, key);
    return handle;
  }

  getKeyType(): number {
    return this.#type;
  }

  getSymmetricKeySize(): number {
    return this.#bytes.length;
  }

  getAsymmetricKeyType(): string {
    return ops.crypto_key_type(this.#key);
  }

  keyDetail(target: any): object {
    for (const [name, value] of Object.entries(ops.crypto_key_details(this.#key))) {
      target[name] = value instanceof Uint8 ? trimmed(value).buffer : value;
    }
    return target;
  }

  checkEcKeyData(): boolean {
    return true;
  }

  export(format?: number, type?: number, cipher?: string | null, passphrase?: any): Uint8Array | string {
    if (this.#type === kKeyTypeSecret) return asBuffer(this.#bytes.slice());
    return exportKey(this.#type, this.#key, format!, type!, cipher, passphrase);
  }

  exportJwk(target: any): object {
    if (this.#type === kKeyTypeSecret) {
      target.kty = 'oct';
      target.k = base64url(this.#bytes);
      return target;
    }
    return exportJwk(this.#key, target);
  }

  rawPublicKey(): Uint8Array {
    return this.#raw(false, 0);
  }

  rawPrivateKey(): Uint8Array {
    return this.#raw(true, 0);
  }

  rawSeed(): Uint8Array {
    throw incompatible();
  }

  exportECPublicRaw(form: number): Uint8Array {
    return this.#raw(false, form);
  }

  exportECPrivateRaw(): Uint8Array {
    return this.#raw(true, UNCOMPRESSED);
  }

  #raw(isPrivate: boolean, form: number): Uint8Array {
    const bytes = ops.crypto_key_raw(this.#key, isPrivate, form);
    if (bytes === undefined) throw incompatible();
    return asBuffer(bytes);
  }

  equals(other: KeyObjectHandle): boolean {
    if (this.#type !== other.#type) return false;
    if (this.#type !== kKeyTypeSecret) return ops.crypto_key_equals(this.#key, other.#key);
    const [left, right] = [this.#bytes, other.#bytes];
    return left.length === right.length && ops.crypto_timing_safe_equal(left, right);
  }

  /** The bytes of a secret key, for native code. */
  static bytes(handle: KeyObjectHandle): Uint8Array {
    return handle.#bytes;
  }

  /** The native key. */
  static key(handle: KeyObjectHandle): number {
    return handle.#key;
  }
}

/** Without zeros in front, but for one byte. */
function trimmed(bytes: Uint8Array): Uint8Array {
  const start = bytes.findIndex((byte) => byte !== 0);
  return bytes.slice(start < 0 ? bytes.length - 1 : start);
}

function exportJwk(key: number, target: any): object {
  const [kty, crv, ...members] = ops.crypto_key_jwk(key);
  const parts: Array<[string, unknown]> = [];
  for (let i = 0; i < members.length; i += 2) parts.push([members[i], base64url(members[i + 1])]);
  const order = new Map(parts);
  // Node's order differs by kind.
  if (kty === 'OKP') {
    Object.assign(target, { crv }, order.has('d') ? { d: order.get('d') } : {}, { x: order.get('x'), kty });
  } else if (kty === 'EC') {
    Object.assign(target, { kty, x: order.get('x'), y: order.get('y'), crv }, order.has('d') ? { d: order.get('d') } : {});
  } else Object.assign(target, { kty }, Object.fromEntries(parts));
  return target;
}

/** A key in a format: text for PEM, an object for JWK, else bytes. */
export function exportKey(keyType: number, key: number, format: number, type: number, cipher?: string | null, passphrase?: any): any {
  if (format === kKeyFormatJWK) return exportJwk(key, {});
  if (format === kKeyFormatRawPublic || format === kKeyFormatRawPrivate || format === kKeyFormatRawSeed) {
    const isPrivate = format !== kKeyFormatRawPublic;
    const isCurve = ops.crypto_key_type(key) === 'ec';
    const bytes = format === kKeyFormatRawSeed ? undefined
      : ops.crypto_key_raw(key, isPrivate, isCurve ? (isPrivate ? UNCOMPRESSED : type) : 0);
    if (bytes === undefined) throw incompatible();
    return asBuffer(bytes);
  }
  const pem = format === kKeyFormatPEM;
  const out = openssl(() => (keyType === kKeyTypePublic
    ? ops.crypto_key_export_public(key, pem, type)
    : ops.crypto_key_export_private(key, pem, type, cipher ?? undefined, passphraseOf(passphrase))));
  return typeof out === 'string' ? out : asBuffer(out);
}

/** Key material: a handle, a view or an ArrayBuffer. */
export function keyBytes(source: unknown): Uint8Array {
  return source instanceof KeyObjectHandle ? KeyObjectHandle.bytes(source) : viewOf(source);
}

function invalidThis(name: string): Error {
  return typeError('ERR_INVALID_THIS', `Value of "this" must be of type ${name}`);
}

class NativeKeyObject {
  constructor(handle: KeyObjectHandle) {
    keyObjects.set(this, handle);
  }
}

/** `make` builds Node's classes on the native base and returns them. */
export function createNativeKeyObjectClass(make: (base: typeof NativeKeyObject) => any): unknown {
  keyObjectClasses = make(NativeKeyObject);
  return keyObjectClasses;
}

/** KeyObject, and its classes for secret, public and private keys. */
let keyObjectClasses: any[] | undefined;

/** A KeyObject over a handle, of the class of its type. */
export function newKeyObject(handle: KeyObjectHandle): object {
  const type = handle.getKeyType();
  const index = type === kKeyTypeSecret ? 1 : type === kKeyTypePublic ? 2 : 3;
  return new keyObjectClasses![index](handle);
}

/** A key as it goes to another thread: its type, and its bytes (SPKI, PKCS #8). */
export function handleToValue(handle: KeyObjectHandle): [number, Uint8Array] {
  const type = handle.getKeyType();
  const encoding = type === kKeyTypePublic ? kKeyEncodingSPKI : kKeyEncodingPKCS8;
  return [type, new Uint8Array(handle.export(kKeyFormatDER, encoding) as Uint8Array)];
}

export function handleFromValue([type, bytes]: [number, Uint8Array]): KeyObjectHandle {
  const handle = new KeyObjectHandle();
  handle.init(type, bytes, kKeyFormatDER, type === kKeyTypePublic ? kKeyEncodingSPKI : kKeyEncodingPKCS8);
  return handle;
}

/** `[type, handle]`. */
export function getKeyObjectSlots(key: object): unknown[] {
  const handle = keyObjects.get(key);
  if (handle === undefined) throw invalidThis('KeyObject');
  return [handle.getKeyType(), handle];
}


class NativeCryptoKey {
  constructor(handle: KeyObjectHandle, algorithm: unknown, usages: number, extractable: boolean) {
    cryptoKeys.set(this, { handle, algorithm, usages, extractable });
  }
}

/** Node's class over the native base, once there is one. */
let InternalCryptoKey: any;

export function createCryptoKeyClass(make: (base: typeof NativeCryptoKey) => any): unknown {
  const classes = make(NativeCryptoKey);
  InternalCryptoKey = classes[1];
  return classes;
}

/** A CryptoKey, for jobs that make keys. */
export function newCryptoKey(handle: KeyObjectHandle, algorithm: unknown, usages: number, extractable: boolean): object {
  return new InternalCryptoKey(handle, algorithm, usages, extractable);
}

/** `[type, extractable, algorithm, usages, handle]`. */
export function getCryptoKeySlots(key: object): unknown[] {
  const slots = cryptoKeys.get(key);
  if (slots === undefined) throw invalidThis('CryptoKey');
  return [slots.handle.getKeyType(), slots.extractable, slots.algorithm, slots.usages, slots.handle];
}
