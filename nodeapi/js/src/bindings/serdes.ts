// V8's serialisation format, version 15: `v8.serialize`, `v8.deserialize`. As src/node_serdes.cc over v8::ValueSerializer.

import * as ids from '../class_ids';
import { asBuffer, Encoding } from './buffer';

const { ops } = host;
const VERSION = 15;
/** V8's tags, one character each. */
const T = (text: string): number => text.charCodeAt(0);

function cloneError(self: any, message: string): Error {
  const Constructor = self._getDataCloneError;
  return typeof Constructor === 'function' ? new Constructor(message) : new Error(message);
}

/** Messages between threads say more than V8's format: a method by this key is asked first about every object. */
export const messageHost: unique symbol = Symbol('messageHost');

const VIEWS = [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array, BigInt64Array, BigUint64Array];
const VIEW_TAGS = 'bBCwWdDfFqQ';
const viewTag = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag)!.get!;
const RESIZABLE = 1;
const TRACKING = 2;

export class Serializer {
  #bytes = new Uint8Array(256);
  #size = 0;
  #ids = new Map<object, number>();
  #hostViews = false;

  constructor() {
    if (new.target === undefined) throw new TypeError("Class constructor Serializer cannot be invoked without 'new'");
  }

  #room(count: number): number {
    const at = this.#size;
    this.#size += count;
    if (this.#size > this.#bytes.length) {
      const grown = new Uint8Array(this.#size * 2);
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    return at;
  }

  #byte(value: number): void {
    // The room first: it may be another array afterwards.
    const at = this.#room(1);
    this.#bytes[at] = value;
  }

  #tag(text: string): void { this.#byte(T(text)); }

  #varint(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.#byte((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.#byte(rest);
  }

  writeHeader(): void {
    const at = this.#room(2);
    this.#bytes[at] = 0xff;
    this.#bytes[at + 1] = VERSION;
  }

  writeUint32(value: number): void { this.#varint(value >>> 0); }
  writeUint64(high: number, low: number): void { this.#big((BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)); }
  #big(value: bigint): void {
    let rest = value;
    while (rest >= 0x80n) {
      this.#byte(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    this.#byte(Number(rest));
  }
  writeDouble(value: number): void {
    const at = this.#room(8);
    new DataView(this.#bytes.buffer).setFloat64(at, value, true);
  }
  writeRawBytes(view: any): void {
    const bytes = ArrayBuffer.isView(view) ? new Uint8Array(view.buffer, view.byteOffset, view.byteLength) : new Uint8Array(view);
    const at = this.#room(bytes.length);
    this.#bytes.set(bytes, at);
  }
  /** What was written; the next message starts anew. */
  releaseBuffer(): Uint8Array {
    const bytes = asBuffer(this.#bytes.slice(0, this.#size));
    this.#size = 0;
    this.#ids.clear();
    return bytes;
  }
  transferArrayBuffer(): void {}
  _setTreatArrayBufferViewsAsHostObjects(on: boolean): void { this.#hostViews = on; }

  #text(text: string): void {
    if (/^[\0-\xff]*$/.test(text)) {
      this.#tag('"');
      this.#varint(text.length);
      const at = this.#room(text.length);
      ops.buffer_write(this.#bytes, text, Encoding.LATIN1, at, text.length);
      return;
    }
    const length = text.length * 2;
    // Two-byte strings start at an even place.
    let sizeBytes = 1;
    for (let n = length; n >= 0x80; n = Math.floor(n / 0x80)) sizeBytes += 1;
    if ((this.#size + 1 + sizeBytes) & 1) this.#byte(0);
    this.#tag('c');
    this.#varint(length);
    const at = this.#room(length);
    ops.buffer_write(this.#bytes, text, Encoding.UCS2, at, length);
  }

  writeValue(value: any): boolean {
    switch (typeof value) {
      case 'undefined': this.#tag('_'); return true;
      case 'boolean': this.#tag(value ? 'T' : 'F'); return true;
      case 'string': this.#text(value); return true;
      case 'number':
        if (Number.isInteger(value) && Math.abs(value) < 2 ** 30 && !Object.is(value, -0)) {
          this.#tag('I');
          this.#varint(value >= 0 ? value * 2 : -value * 2 - 1);
        } else {
          this.#tag('N');
          this.writeDouble(value);
        }
        return true;
      case 'bigint': this.#tag('Z'); this.#bigint(value); return true;
      case 'symbol': case 'function': throw cloneError(this, `${String(value)} could not be cloned.`);
      default: return value === null ? (this.#tag('0'), true) : this.#object(value);
    }
  }

  #bigint(value: bigint): void {
    let rest = value < 0n ? -value : value;
    const bytes: number[] = [];
    while (rest > 0n) {
      bytes.push(Number(rest & 0xffn));
      rest >>= 8n;
    }
    while (bytes.length % 8 !== 0) bytes.push(0);
    this.#varint(bytes.length * 2 + (value < 0n ? 1 : 0));
    this.writeRawBytes(new Uint8Array(bytes));
  }

  #properties(object: any, keys: string[]): number {
    for (const key of keys) {
      const index = /^(?:0|[1-9]\d{0,8})$/.test(key);
      this.writeValue(index ? Number(key) : key);
      this.writeValue(object[key]);
    }
    return keys.length;
  }

  #object(value: any): boolean {
    const known = this.#ids.get(value);
    if (known !== undefined) {
      this.#tag('^');
      this.#varint(known);
      return true;
    }
    if (ArrayBuffer.isView(value) && !this.#hostViews) {
      // Its buffer comes first, with a number of its own.
      if (!this.#ids.has(value.buffer)) this.#object(value.buffer);
      else this.writeValue(value.buffer);
      this.#ids.set(value, this.#ids.size);
      this.#view(value);
      return true;
    }
    const ask = (this as any)[messageHost];
    if (ask !== undefined && !ids.isProxy(value)) {
      const write = ask.call(this, value);
      if (write !== undefined) {
        this.#ids.set(value, this.#ids.size);
        this.#tag('\\');
        write();
        return true;
      }
    }
    this.#ids.set(value, this.#ids.size);
    if (ArrayBuffer.isView(value) && this.#hostViews) {
      this.#tag('\\');
      (this as any)._writeHostObject(value);
    } else if (Array.isArray(value)) {
      const dense = Object.keys(value).filter((key) => /^\d+$/.test(key)).length === value.length;
      const names = Object.keys(value).filter((key) => !dense || !/^\d+$/.test(key));
      this.#tag(dense ? 'A' : 'a');
      this.#varint(value.length);
      if (dense) for (let i = 0; i < value.length; i += 1) this.writeValue(value[i]);
      const count = this.#properties(value, names);
      this.#tag(dense ? '$' : '@');
      this.#varint(count);
      this.#varint(value.length);
    } else if (ids.isDate(value)) {
      this.#tag('D');
      this.writeDouble(value.getTime());
    } else if (ids.isBoxedPrimitive(value)) {
      const inner = value.valueOf();
      if (typeof inner === 'boolean') this.#tag(inner ? 'y' : 'x');
      else if (typeof inner === 'number') {
        this.#tag('n');
        this.writeDouble(inner);
      } else if (typeof inner === 'bigint') {
        this.#tag('z');
        this.#bigint(inner);
      } else if (typeof inner === 'string') {
        this.#tag('s');
        this.#text(inner);
      } else throw cloneError(this, 'Object could not be cloned.');
    } else if (ids.isRegExp(value)) {
      this.#tag('R');
      this.#text(value.source);
      this.#varint([...'gimyusdv'].reduce((bits, flag, i) => bits | (value.flags.includes(flag) ? [1, 2, 4, 8, 16, 32, 128, 256][i]! : 0), 0));
    } else if (ids.isMap(value)) {
      this.#tag(';');
      for (const [k, v] of [...value]) {
        this.writeValue(k);
        this.writeValue(v);
      }
      this.#tag(':');
      this.#varint(value.size * 2);
    } else if (ids.isSet(value)) {
      this.#tag("'");
      for (const item of [...value]) this.writeValue(item);
      this.#tag(',');
      this.#varint(value.size);
    } else if (ids.isArrayBuffer(value)) {
      if (value.detached) throw cloneError(this, 'An ArrayBuffer is detached and could not be cloned.');
      this.#tag(value.resizable ? '~' : 'B');
      this.#varint(value.byteLength);
      if (value.resizable) this.#varint(value.maxByteLength);
      this.writeRawBytes(value);
    } else if (ids.isNativeError(value)) {
      this.#error(value);
    } else if (ids.isPromise(value) || ids.isWeakMap(value) || ids.isWeakSet(value) || ids.isProxy(value)) {
      throw cloneError(this, `#<${value.constructor?.name ?? 'Object'}> could not be cloned.`);
    } else {
      this.#tag('o');
      const count = this.#properties(value, Object.keys(value));
      this.#tag('{');
      this.#varint(count);
    }
    return true;
  }

  #view(view: any): void {
    const tag = viewTag.call(view);
    const at = VIEWS.findIndex((View) => View.name === tag);
    this.#tag('V');
    this.#tag(at < 0 ? '?' : VIEW_TAGS[at]!);
    this.#varint(view.byteOffset);
    this.#varint(view.byteLength);
    this.#varint(view.buffer.resizable || view.buffer.growable ? RESIZABLE : 0);
  }

  #error(error: any): void {
    const kinds: Record<string, string> = { EvalError: 'E', RangeError: 'R', ReferenceError: 'F', SyntaxError: 'S', TypeError: 'T', URIError: 'U' };
    this.#tag('r');
    if (kinds[error.name] !== undefined) this.#tag(kinds[error.name]!);
    const message = Object.getOwnPropertyDescriptor(error, 'message');
    if (message !== undefined && 'value' in message) {
      this.#tag('m');
      this.#text(String(message.value));
    }
    if (Object.hasOwn(error, 'cause')) {
      this.#tag('c');
      this.writeValue(error.cause);
    }
    if (typeof error.stack === 'string') {
      this.#tag('s');
      this.#text(error.stack);
    }
    this.#tag('.');
  }
}

export class Deserializer {
  declare buffer: any;
  #bytes: Uint8Array;
  #view: DataView;
  #at = 0;
  #objects: unknown[] = [];

  constructor(buffer: any) {
    if (!ArrayBuffer.isView(buffer)) throw new TypeError('buffer must be a TypedArray or a DataView');
    this.buffer = buffer;
    this.#bytes = new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
    this.#view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  }

  #fail(): never { throw new Error('Unable to deserialize cloned data.'); }
  #byte(): number {
    const byte = this.#bytes[this.#at++];
    return byte === undefined ? this.#fail() : byte;
  }
  #varint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const byte = this.#byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  }
  #take(length: number): Uint8Array {
    if (this.#at + length > this.#bytes.length) this.#fail();
    const part = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return part;
  }
  #keep<V>(value: V): V {
    this.#objects.push(value);
    return value;
  }

  readHeader(): boolean {
    if (this.#byte() !== 0xff) throw new Error('Unable to deserialize cloned data due to invalid or unsupported version.');
    const version = this.#varint();
    if (version > VERSION) throw new Error('Unable to deserialize cloned data due to invalid or unsupported version.');
    return true;
  }
  getWireFormatVersion(): number { return VERSION; }
  transferArrayBuffer(): void {}
  readUint32(): number { return this.#varint() >>> 0; }
  readUint64(): [number, number] {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.#byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return [Number(value >> 32n), Number(value & 0xffffffffn)];
    }
  }
  readDouble(): number {
    this.#take(8);
    return this.#view.getFloat64(this.#at - 8, true);
  }
  _readRawBytes(length: number): number {
    this.#take(length);
    return this.#at - length;
  }

  #bigint(): bigint {
    const field = this.#varint();
    let value = 0n;
    const bytes = this.#take(field >> 1);
    for (let i = bytes.length - 1; i >= 0; i -= 1) value = (value << 8n) | BigInt(bytes[i]!);
    return field & 1 ? -value : value;
  }

  /** Keys and values into `object`, up to `end`. */
  #properties(object: any, end: string): void {
    while (this.#bytes[this.#at] !== T(end)) {
      const key: any = this.readValue();
      object[key] = this.readValue();
    }
    this.#at += 1;
    this.#varint();
  }

  readValue(): any {
    let tag = this.#byte();
    while (tag === 0) tag = this.#byte();
    switch (String.fromCharCode(tag)) {
      case '_': return undefined;
      case '0': return null;
      case 'T': return true;
      case 'F': return false;
      case 'I': {
        const value = this.#varint();
        return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
      }
      case 'U': return this.#varint();
      case 'N': return this.readDouble();
      case 'Z': return this.#bigint();
      case '"': return ops.buffer_slice(this.#take(this.#varint()).slice(), Encoding.LATIN1, 0, Infinity);
      case 'S': return ops.buffer_slice(this.#take(this.#varint()).slice(), Encoding.UTF8, 0, Infinity);
      case 'c': return ops.buffer_slice(this.#take(this.#varint()).slice(), Encoding.UCS2, 0, Infinity);
      case '^': {
        const object = this.#objects[this.#varint()];
        return ids.isAnyArrayBuffer(object) ? this.#viewOf(object) : object;
      }
      default: return this.#object(String.fromCharCode(tag));
    }
  }

  #object(tag: string): any {
    switch (tag) {
      case 'o': {
        const object = this.#keep({});
        this.#properties(object, '{');
        return object;
      }
      case 'A': {
        const length = this.#varint();
        const array: any[] = this.#keep([]);
        for (let i = 0; i < length; i += 1) array.push(this.readValue());
        this.#properties(array, '$');
        this.#varint();
        return array;
      }
      case 'a': {
        const array: any[] = this.#keep(new Array(this.#varint()));
        this.#properties(array, '@');
        this.#varint();
        return array;
      }
      case 'D': return this.#keep(new Date(this.readDouble()));
      case 'y': return this.#keep(Object(true));
      case 'x': return this.#keep(Object(false));
      case 'n': return this.#keep(Object(this.readDouble()));
      case 'z': return this.#keep(Object(this.#bigint()));
      case 's': return this.#keep(Object(this.readValue()));
      case 'R': {
        const source = this.readValue();
        const bits = this.#varint();
        const flags = [...'gimyusdv'].filter((_, i) => bits & [1, 2, 4, 8, 16, 32, 128, 256][i]!).join('');
        return this.#keep(new RegExp(source, flags));
      }
      case ';': {
        const map = this.#keep(new Map());
        while (this.#bytes[this.#at] !== T(':')) {
          const key = this.readValue();
          map.set(key, this.readValue());
        }
        this.#at += 1;
        this.#varint();
        return map;
      }
      case "'": {
        const set = this.#keep(new Set());
        while (this.#bytes[this.#at] !== T(',')) set.add(this.readValue());
        this.#at += 1;
        this.#varint();
        return set;
      }
      case 'B': return this.#buffer(this.#take(this.#varint()).slice().buffer);
      case '~': {
        const length = this.#varint();
        const buffer = new ArrayBuffer(length, { maxByteLength: this.#varint() });
        new Uint8Array(buffer).set(this.#take(length));
        return this.#buffer(buffer);
      }
      case '-': return undefined;
      case 'r': return this.#error();
      case '\\': return this.#host();
      default: return this.#fail();
    }
  }

  #host(): any {
    // Its number is given before those of what is in it.
    const slot = this.#objects.push(undefined) - 1;
    const read = (this as any)[messageHost];
    const keep = (object: unknown): void => { this.#objects[slot] = object; };
    const object = read === undefined ? (this as any)._readHostObject() : read.call(this, keep);
    this.#objects[slot] = object;
    return ids.isAnyArrayBuffer(object) ? this.#viewOf(object) : object;
  }

  #buffer(buffer: any): any {
    return this.#viewOf(this.#keep(buffer));
  }

  /** A view may follow its buffer. */
  #viewOf(buffer: any): any {
    if (this.#bytes[this.#at] !== T('V')) return buffer;
    this.#at += 1;
    const tag = String.fromCharCode(this.#byte());
    const offset = this.#varint();
    const bytes = this.#varint();
    const flags = this.#varint();
    const View: any = tag === '?' ? DataView : VIEWS[VIEW_TAGS.indexOf(tag)] ?? this.#fail();
    if (flags & TRACKING) return this.#keep(new View(buffer, offset));
    return this.#keep(new View(buffer, offset, bytes / (View.BYTES_PER_ELEMENT ?? 1)));
  }

  #error(): Error {
    const kinds: Record<string, any> = { E: EvalError, R: RangeError, F: ReferenceError, S: SyntaxError, T: TypeError, U: URIError };
    let Constructor: any = Error;
    let message: string | undefined;
    let stack: string | undefined;
    let cause: [unknown] | undefined;
    const slot = this.#objects.push(undefined) - 1;
    for (;;) {
      const tag = String.fromCharCode(this.#byte());
      if (tag === '.') break;
      if (tag === 'm') message = this.readValue();
      else if (tag === 's') stack = this.readValue();
      else if (tag === 'c') cause = [this.readValue()];
      else Constructor = kinds[tag] ?? this.#fail();
    }
    const error = new Constructor(message);
    if (cause !== undefined) Object.defineProperty(error, 'cause', { value: cause[0], writable: true, configurable: true, enumerable: false });
    if (stack !== undefined) Object.defineProperty(error, 'stack', { value: stack, writable: true, configurable: true, enumerable: false });
    this.#objects[slot] = error;
    return error;
  }
}

export function create(): object {
  return { Serializer, Deserializer };
}
