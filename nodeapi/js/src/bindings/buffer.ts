// Buffer's native half. Byte work is in ops; the prototype methods of old are static functions that take the view.

declare global {
  interface Ops {
    buffer_slice(view: Bytes, encoding: number, start: number, end: number): string;
    buffer_write(view: Bytes, text: string, encoding: number, offset: number, length: number): number;
    buffer_byte_length_utf8(text: string): number;
    buffer_compare(a: Bytes, b: Bytes): number;
    buffer_compare_offset(a: Bytes, b: Bytes, bStart: number, aStart: number, bLength: number, aLength: number): number | undefined;
    buffer_fill_string(view: Bytes, text: string, encoding: number): boolean;
    buffer_index_of_string(view: Bytes, text: string, offset: number, encoding: number, forward: boolean, end?: number): number;
    buffer_index_of_buffer(view: Bytes, needle: Bytes, offset: number, encoding: number, forward: boolean, end?: number): number;
    buffer_index_of_number(view: Bytes, value: number, offset: number, forward: boolean, end?: number): number;
    buffer_swap(view: Bytes, width: number): void;
    buffer_is_utf8(view: Bytes): boolean;
    buffer_is_ascii(view: Bytes): boolean;
    buffer_atob(text: string): string | number;
    buffer_btoa(text: string): string | number;
  }
}

const { ops } = host;
const Uint8 = Uint8Array;

/** Node's `enum encoding`. */
export const Encoding = { ASCII: 0, UTF8: 1, BASE64: 2, UCS2: 3, LATIN1: 4, HEX: 5, BUFFER: 6, BASE64URL: 7 } as const;

let prototype: object | undefined;

/** A `Buffer` over `view`'s memory, once Node has said what its prototype is. */
export function asBuffer(view: Uint8Array): Uint8Array {
  if (prototype !== undefined) Object.setPrototypeOf(view, prototype);
  return view;
}

/** The view as UTF-8, malformed bytes as U+FFFD. */
export function utf8Text(view: Bytes): string {
  return ops.buffer_slice(view, Encoding.UTF8, 0, view.byteLength);
}

/** Bytes of `text`. */
export function utf8Bytes(text: string): Uint8Array {
  const bytes = new Uint8(ops.buffer_byte_length_utf8(text));
  ops.buffer_write(bytes, text, Encoding.UTF8, 0, bytes.length);
  return bytes;
}

/** Node's numbers for encoding names, as `ParseEncoding`. */
export function parseEncoding(name: unknown, otherwise: number): number {
  if (typeof name === 'number') return name;
  switch (typeof name === 'string' ? name.toLowerCase() : '') {
    case 'utf8': case 'utf-8': return Encoding.UTF8;
    case 'ucs2': case 'ucs-2': case 'utf16le': case 'utf-16le': return Encoding.UCS2;
    case 'latin1': case 'binary': return Encoding.LATIN1;
    case 'ascii': return Encoding.ASCII;
    case 'base64': return Encoding.BASE64;
    case 'base64url': return Encoding.BASE64URL;
    case 'hex': return Encoding.HEX;
    case 'buffer': return Encoding.BUFFER;
    default: return otherwise;
  }
}

/** Bytes as Node gives them to a program: a string in `encoding`, or a Buffer. */
export function encodeBytes(bytes: Uint8Array, encoding: unknown): string | Uint8Array {
  const number = parseEncoding(encoding, Encoding.UTF8);
  if (number === Encoding.BUFFER) return asBuffer(bytes.slice());
  return ops.buffer_slice(bytes, number, 0, bytes.byteLength);
}

function coded(Constructor: any, code: string, message: string): Error {
  const error = new Constructor(message);
  error.code = code;
  return error;
}

function outOfRange(): Error {
  return coded(RangeError, 'ERR_OUT_OF_RANGE', 'Index out of range');
}

const slicer = (encoding: number) => (view: Uint8Array, start?: number, end?: number): string => {
  const length = view.byteLength;
  const from = start === undefined ? 0 : start;
  let to = end === undefined ? length : end;
  if (to < from) to = from;
  if (from < 0 || from > length && from !== to) throw outOfRange();
  return ops.buffer_slice(view, encoding, from, Math.min(to, length));
};

const writer = (encoding: number) => (view: Uint8Array, text: string, offset = 0, length?: number): number => {
  if (typeof text !== 'string') throw coded(TypeError, 'ERR_INVALID_ARG_TYPE', 'argument must be a string');
  if (offset > view.byteLength) throw coded(RangeError, 'ERR_BUFFER_OUT_OF_BOUNDS', '"offset" is outside of buffer bounds');
  const room = view.byteLength - offset;
  return ops.buffer_write(view, text, encoding, offset, length === undefined ? room : Math.min(length, room));
};

function fill(view: Uint8Array, value: any, start: number, end: number, encoding: unknown): number | undefined {
  if (start < 0 || end > view.byteLength) return -2;
  if (start >= end) return undefined;
  const part = new Uint8(view.buffer, view.byteOffset + start, end - start);
  if (typeof value === 'string') return ops.buffer_fill_string(part, value, parseEncoding(encoding, Encoding.UTF8)) ? undefined : -1;
  if (ArrayBuffer.isView(value)) {
    const pattern = new Uint8(value.buffer, value.byteOffset, value.byteLength).slice();
    if (pattern.length === 0) return -1;
    for (let at = 0; at < part.length; at += pattern.length) {
      part.set(at + pattern.length > part.length ? pattern.subarray(0, part.length - at) : pattern, at);
    }
    return undefined;
  }
  part.fill(value & 255);
  return undefined;
}

function copy(source: Uint8Array, target: Uint8Array, targetStart: number, sourceStart: number, count: number): number {
  const from = new Uint8(source.buffer, source.byteOffset + sourceStart, count);
  new Uint8(target.buffer, target.byteOffset, target.byteLength).set(from, targetStart);
  return count;
}

function copyArrayBuffer(target: ArrayBuffer, targetOffset: number, source: ArrayBuffer, sourceOffset: number, count: number): void {
  new Uint8(target, targetOffset, count).set(new Uint8(source, sourceOffset, count));
}

/** The view, unless its memory is gone. */
function attached(view: any): Bytes {
  if ((ArrayBuffer.isView(view) ? (view.buffer as any) : view).detached) {
    const error: any = new Error('Cannot validate on a detached buffer');
    error.code = 'ERR_INVALID_STATE';
    throw error;
  }
  return view;
}

export function create(): object {
  return {
    setBufferPrototype(given: object): void { prototype = given; },
    createUnsafeArrayBuffer: (size: number) => new ArrayBuffer(size),
    asciiSlice: slicer(Encoding.ASCII),
    base64Slice: slicer(Encoding.BASE64),
    base64urlSlice: slicer(Encoding.BASE64URL),
    latin1Slice: slicer(Encoding.LATIN1),
    hexSlice: slicer(Encoding.HEX),
    ucs2Slice: slicer(Encoding.UCS2),
    utf8Slice: slicer(Encoding.UTF8),
    base64Write: writer(Encoding.BASE64),
    base64urlWrite: writer(Encoding.BASE64URL),
    hexWrite: writer(Encoding.HEX),
    ucs2Write: writer(Encoding.UCS2),
    asciiWriteStatic: writer(Encoding.LATIN1),
    latin1WriteStatic: writer(Encoding.LATIN1),
    utf8WriteStatic: writer(Encoding.UTF8),
    byteLengthUtf8: (text: string) => ops.buffer_byte_length_utf8(text),
    compare: (a: Bytes, b: Bytes) => ops.buffer_compare(a, b),
    compareOffset(a: Bytes, b: Bytes, bStart: number, aStart: number, bEnd: number, aEnd: number): number {
      const order = ops.buffer_compare_offset(a, b, bStart, aStart, Math.max(0, bEnd - bStart), Math.max(0, aEnd - aStart));
      if (order === undefined) throw outOfRange();
      return order;
    },
    copy,
    copyArrayBuffer,
    fill,
    indexOfString: (view: Bytes, text: string, offset: number, encoding: number, forward: boolean, end?: number) =>
      ops.buffer_index_of_string(view, text, offset, encoding, forward, end),
    indexOfBuffer: (view: Bytes, needle: Bytes, offset: number, encoding: number, forward: boolean, end?: number) =>
      ops.buffer_index_of_buffer(view, needle, offset, encoding ?? Encoding.UTF8, forward, end),
    indexOfNumber: (view: Bytes, value: number, offset: number, forward: boolean, end?: number) =>
      ops.buffer_index_of_number(view, value, offset, forward, end),
    swap16(view: Bytes) { ops.buffer_swap(view, 2); return view; },
    swap32(view: Bytes) { ops.buffer_swap(view, 4); return view; },
    swap64(view: Bytes) { ops.buffer_swap(view, 8); return view; },
    isUtf8: (view: Bytes) => ops.buffer_is_utf8(attached(view)),
    isAscii: (view: Bytes) => ops.buffer_is_ascii(attached(view)),
    atob: (text: string) => ops.buffer_atob(text),
    btoa: (text: string) => ops.buffer_btoa(text),
    setDetachKey(): void {},
  };
}
