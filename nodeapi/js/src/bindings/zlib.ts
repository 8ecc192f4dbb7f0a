// Compression streams, as src/node_zlib.cc. Brotli and zstd are not here: their classes fail by name.

import { AsyncWrap, makeCallback } from '../async_wrap';
import { enqueueWork } from '../loop';
import { freeWhenCollected } from '../resources';

declare global {
  interface Ops {
    zlib_new(mode: number, windowBits: number, level: number, memLevel: number, strategy: number, dictionary?: Bytes,
      rejectGarbage?: boolean): number | ZlibFailure;
    zlib_write(stream: number, flush: number, input: Bytes | null, output: Bytes, state: Uint32Array): ZlibFailure | undefined;
    zlib_params(stream: number, level: number, strategy: number): ZlibFailure | undefined;
    zlib_reset(stream: number): ZlibFailure | undefined;
    zlib_crc32(data: Bytes | string, value: number): number;
  }
  type ZlibFailure = [message: string, errno: number, code: string];
}

const { ops } = host;
const Uint8 = Uint8Array;

class Zlib extends AsyncWrap {
  #mode: number;
  #id = 0;
  #writeState: Uint32Array = new Uint32Array(2);
  #callback: (() => void) | undefined;
  #writing = false;
  #pendingClose = false;

  constructor(mode: number) {
    super('ZLIB');
    this.#mode = mode;
  }

  init(
    windowBits: number, level: number, memLevel: number, strategy: number, writeState: Uint32Array, callback: () => void,
    dictionary?: Bytes, rejectGarbageAfterEnd = false,
  ): void {
    this.#writeState = writeState;
    this.#callback = callback;
    const made = ops.zlib_new(this.#mode, windowBits, level, memLevel, strategy, dictionary, rejectGarbageAfterEnd);
    if (typeof made !== 'number') {
      const error: any = new Error(made[0]);
      error.code = 'ERR_ZLIB_INITIALIZATION_FAILED';
      throw error;
    }
    this.#id = made;
    freeWhenCollected(this, made);
  }

  writeSync(flush: number, input: Uint8Array | null, inOff: number, inLen: number, output: Uint8Array, outOff: number, outLen: number): void {
    const failure = this.#work(flush, input, inOff, inLen, output, outOff, outLen);
    if (failure !== undefined) this.#fail(failure);
  }

  write(flush: number, input: Uint8Array | null, inOff: number, inLen: number, output: Uint8Array, outOff: number, outLen: number): void {
    this.#writing = true;
    enqueueWork(() => {
      if (this.#id === 0) return;
      const failure = this.#work(flush, input, inOff, inLen, output, outOff, outLen);
      this.#writing = false;
      if (failure !== undefined) this.#fail(failure);
      else {
        // Under a name only for the length of the call: Node keeps it out of sight.
        (this as any)[callbackKey] = this.#callback;
        makeCallback(this, callbackKey);
      }
      if (this.#pendingClose) this.close();
    });
  }

  params(level: number, strategy: number): void {
    const failure = ops.zlib_params(this.#id, level, strategy);
    if (failure !== undefined) this.#fail(failure);
  }

  reset(): void {
    const failure = ops.zlib_reset(this.#id);
    if (failure !== undefined) this.#fail(failure);
  }

  close(): void {
    if (this.#writing) {
      this.#pendingClose = true;
      return;
    }
    this.#pendingClose = false;
    if (this.#id !== 0) ops.resource_drop(this.#id);
    this.#id = 0;
  }

  #work(
    flush: number, input: Uint8Array | null, inOff: number, inLen: number, output: Uint8Array, outOff: number, outLen: number,
  ): ZlibFailure | undefined {
    const from = input == null ? null : new Uint8(input.buffer, input.byteOffset + inOff, inLen);
    const to = new Uint8(output.buffer, output.byteOffset + outOff, outLen);
    return ops.zlib_write(this.#id, flush, from, to, this.#writeState);
  }

  #fail([message, errno, code]: ZlibFailure): void {
    this.#writing = false;
    makeCallback(this, 'onerror', message, errno, code);
    if (this.#pendingClose) this.close();
  }
}
const callbackKey = host.engine.privateSymbol('zlib processCallback');

export function create(): object {
  return {
    Zlib,
    crc32: (data: Bytes | string, value: number) => ops.zlib_crc32(data, value),
  };
}
