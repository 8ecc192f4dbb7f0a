/**
 * MessagePack, as much of it as snapshots of `@webcontainer/snapshot` are made of: maps with string keys, strings, bytes, booleans and
 * nil. https://github.com/msgpack/msgpack/blob/master/spec.md
 */
import { invalidArgument } from '../errors.js';

export type Packed = string | Uint8Array | boolean | null | number | Packed[] | { [key: string]: Packed };

const MAP16 = 0xde;
const MAP32 = 0xdf;
const BIN8 = 0xc4;
const BIN16 = 0xc5;
const BIN32 = 0xc6;
const STR8 = 0xd9;
const STR16 = 0xda;
const STR32 = 0xdb;
const TRUE = 0xc3;
const FALSE = 0xc2;
const NIL = 0xc0;
/** A tree that lies deeper is no tree of files: paths are at most 4096 bytes long. */
const DEPTH_MAX = 4096;

/** Bytes in the making: doubles its buffer when that is full. */
export class ByteWriter {
  #bytes = new Uint8Array(1 << 16);
  #view = new DataView(this.#bytes.buffer);
  length = 0;

  #reserve(more: number): number {
    const at = this.length;
    this.length += more;
    if (this.length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.length, this.#bytes.length * 2));
      larger.set(this.#bytes.subarray(0, at));
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    return at;
  }
  u8(value: number): this {
    const at = this.#reserve(1);
    this.#view.setUint8(at, value);
    return this;
  }
  u16(value: number, littleEndian = false): this {
    const at = this.#reserve(2);
    this.#view.setUint16(at, value, littleEndian);
    return this;
  }
  u32(value: number, littleEndian = false): this {
    const at = this.#reserve(4);
    this.#view.setUint32(at, value, littleEndian);
    return this;
  }
  bytes(bytes: Uint8Array): this {
    const at = this.#reserve(bytes.length);
    this.#bytes.set(bytes, at);
    return this;
  }
  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.length);
  }
}

const encoder = new TextEncoder();

function header(out: ByteWriter, length: number, codes: readonly [number, number, number]): void {
  if (length < 0x100 && codes[0] !== 0) out.u8(codes[0]).u8(length);
  else if (length < 0x1_0000) out.u8(codes[1]).u16(length);
  else out.u8(codes[2]).u32(length);
}

function write(out: ByteWriter, value: Packed): void {
  if (value === null) out.u8(NIL);
  else if (typeof value === 'boolean') out.u8(value ? TRUE : FALSE);
  else if (typeof value === 'string') {
    const bytes = encoder.encode(value);
    if (bytes.length < 32) out.u8(0xa0 | bytes.length);
    else header(out, bytes.length, [STR8, STR16, STR32]);
    out.bytes(bytes);
  } else if (value instanceof Uint8Array) {
    header(out, value.length, [BIN8, BIN16, BIN32]);
    out.bytes(value);
  } else if (typeof value === 'object' && !Array.isArray(value)) {
    const entries = Object.entries(value);
    if (entries.length < 16) out.u8(0x80 | entries.length);
    else header(out, entries.length, [0, MAP16, MAP32]);
    for (const [key, entry] of entries) {
      write(out, key);
      write(out, entry);
    }
  } else {
    throw invalidArgument(`a snapshot holds no ${typeof value}`);
  }
}

export function pack(value: Packed): Uint8Array<ArrayBuffer> {
  const out = new ByteWriter();
  write(out, value);
  return out.finish();
}

class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #decoder = new TextDecoder();
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  #take(length: number): number {
    const at = this.#at;
    if (length > this.#bytes.length - at) throw invalidArgument('the snapshot is cut off');
    this.#at += length;
    return at;
  }
  #length(bytes: 1 | 2 | 4): number {
    const at = this.#take(bytes);
    return bytes === 1 ? this.#view.getUint8(at) : bytes === 2 ? this.#view.getUint16(at) : this.#view.getUint32(at);
  }
  #slice(length: number): Uint8Array {
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }
  #string(length: number): string {
    return this.#decoder.decode(this.#slice(length));
  }
  #map(length: number, depth: number): Packed {
    const map: { [key: string]: Packed } = Object.create(null) as { [key: string]: Packed };
    for (let entry = 0; entry < length; entry++) {
      const key = this.read(depth + 1);
      if (typeof key !== 'string') throw invalidArgument('a name in the snapshot is no string');
      map[key] = this.read(depth + 1);
    }
    return map;
  }

  read(depth = 0): Packed {
    if (depth > DEPTH_MAX) throw invalidArgument('the snapshot is nested too deeply');
    const code = this.#length(1);
    if (code >= 0x80 && code < 0x90) return this.#map(code & 0xf, depth);
    if (code >= 0xa0 && code < 0xc0) return this.#string(code & 0x1f);
    switch (code) {
      case NIL:
        return null;
      case FALSE:
      case TRUE:
        return code === TRUE;
      case BIN8:
      case BIN16:
      case BIN32:
        return this.#slice(this.#length(([1, 2, 4] as const)[code - BIN8]!));
      case STR8:
      case STR16:
      case STR32:
        return this.#string(this.#length(([1, 2, 4] as const)[code - STR8]!));
      case MAP16:
      case MAP32:
        return this.#map(this.#length(code === MAP16 ? 2 : 4), depth);
      default:
        throw invalidArgument(`the snapshot holds something that is no file (MessagePack 0x${code.toString(16)})`);
    }
  }
}

/**
 * Byte strings are views of `bytes`.
 *
 * @throws ContainerError ERR_INVALID_ARGUMENT
 */
export function unpack(bytes: Uint8Array): Packed {
  const reader = new Reader(bytes);
  const value = reader.read();
  if (!reader.isAtEnd) throw invalidArgument('the snapshot goes on behind its end');
  return value;
}
