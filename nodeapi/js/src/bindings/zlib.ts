// Compression streams, as src/node_zlib.cc.

import { AsyncWrap, makeCallback } from '../async_wrap';
import { enqueueWork } from '../loop';
import { constant, notAvailable } from '../oracle';
import { freeWhenCollected } from '../resources';

declare global {
  interface Ops {
    zlib_new(mode: number, windowBits: number, level: number, memLevel: number, strategy: number, dictionary?: Bytes,
      rejectGarbage?: boolean): number | ZlibFailure;
    zlib_write(stream: number, flush: number, input: Bytes | null, output: Bytes, state: Uint32Array): ZlibFailure | undefined;
    zlib_params(stream: number, level: number, strategy: number): ZlibFailure | undefined;
    zlib_reset(stream: number): ZlibFailure | undefined;
    brotli_new(encodes: boolean, params?: Uint32Array): number | ZlibFailure;
    brotli_write(stream: number, flush: number, input: Bytes | null, output: Bytes, state: Uint32Array): ZlibFailure | undefined;
    brotli_reset(stream: number): ZlibFailure | undefined;
    zstd_new(encodes: boolean, params: Uint32Array, pledgedSize?: number, dictionary?: Bytes): number | ZlibFailure;
    zstd_write(stream: number, flush: number, input: Bytes | null, output: Bytes, state: Uint32Array): ZlibFailure | undefined;
    zstd_reset(stream: number): ZlibFailure | undefined;
    zlib_crc32(data: Bytes | string, value: number): number;
  }
  type ZlibFailure = [message: string, errno: number, code: string];
}

const { ops } = host;
const Uint8 = Uint8Array;

/** What the codecs have in common: writes, now or in the poll phase, and the end. */
abstract class CompressionStream extends AsyncWrap {
  #id = 0;
  #writeState: Uint32Array = new Uint32Array(2);
  #callback: (() => void) | undefined;
  #writing = false;
  #pendingClose = false;

  constructor() {
    super('ZLIB');
  }

  /** Runs the codec. */
  protected abstract run(id: number, flush: number, input: Uint8Array | null, output: Uint8Array, state: Uint32Array): ZlibFailure | undefined;
  protected abstract restart(id: number): ZlibFailure | undefined;

  /** Takes over a native stream. */
  protected adopt(made: number | ZlibFailure, writeState: Uint32Array, callback: () => void): void {
    this.#writeState = writeState;
    this.#callback = callback;
    if (typeof made !== 'number') {
      throw Object.assign(new Error(made[0]), { code: 'ERR_ZLIB_INITIALIZATION_FAILED' });
    }
    this.#id = made;
    freeWhenCollected(this, made);
  }

  protected get id(): number {
    return this.#id;
  }

  writeSync(flush: number, input: Uint8Array | null, inOff: number, inLen: number, output: Uint8Array, outOff: number, outLen: number): void {
    const failure = this.#work(flush, input, inOff, inLen, output, outOff, outLen);
    if (failure !== undefined) this.fail(failure);
  }

  write(flush: number, input: Uint8Array | null, inOff: number, inLen: number, output: Uint8Array, outOff: number, outLen: number): void {
    this.#writing = true;
    enqueueWork(() => {
      if (this.#id === 0) return;
      const failure = this.#work(flush, input, inOff, inLen, output, outOff, outLen);
      this.#writing = false;
      if (failure !== undefined) this.fail(failure);
      else {
        (this as any)[callbackKey] = this.#callback;
        makeCallback(this, callbackKey);
      }
      if (this.#pendingClose) this.close();
    });
  }

  params(): void {}

  reset(): void {
    const failure = this.restart(this.#id);
    if (failure !== undefined) this.fail(failure);
  }

  close(): void {
    if (this.#writing) {
      this.#pendingClose = true;
      return;
    }
    this.#pendingClose = false;
    if (this.#id !== 0) ops.resource_drop(this.#id);
    this.#id = 0;
    AsyncWrap.end(this);
  }

  #work(
    flush: number, input: Uint8Array | null, inOff: number, inLen: number, output: Uint8Array, outOff: number, outLen: number,
  ): ZlibFailure | undefined {
    const from = input == null ? null : new Uint8(input.buffer, input.byteOffset + inOff, inLen);
    const to = new Uint8(output.buffer, output.byteOffset + outOff, outLen);
    return this.run(this.#id, flush, from, to, this.#writeState);
  }

  protected fail([message, errno, code]: ZlibFailure): void {
    this.#writing = false;
    makeCallback(this, 'onerror', message, errno, code);
    if (this.#pendingClose) this.close();
  }
}

class Zlib extends CompressionStream {
  #mode: number;

  constructor(mode: number) {
    super();
    this.#mode = mode;
  }

  init(
    windowBits: number, level: number, memLevel: number, strategy: number, writeState: Uint32Array, callback: () => void,
    dictionary?: Bytes, rejectGarbageAfterEnd = false,
  ): void {
    this.adopt(ops.zlib_new(this.#mode, windowBits, level, memLevel, strategy, dictionary, rejectGarbageAfterEnd), writeState, callback);
  }

  override params(level?: number, strategy?: number): void {
    const failure = ops.zlib_params(this.id, level!, strategy!);
    if (failure !== undefined) this.fail(failure);
  }

  protected override run(id: number, flush: number, input: Uint8Array | null, output: Uint8Array, state: Uint32Array): ZlibFailure | undefined {
    return ops.zlib_write(id, flush, input, output, state);
  }

  protected override restart(id: number): ZlibFailure | undefined {
    return ops.zlib_reset(id);
  }
}

abstract class BrotliStream extends CompressionStream {
  protected abstract readonly encodes: boolean;

  init(params: Uint32Array, writeState: Uint32Array, callback: () => void, dictionary?: Bytes): void {
    if (dictionary !== undefined) throw notAvailable('a dictionary for Brotli');
    this.adopt(ops.brotli_new(this.encodes, params), writeState, callback);
  }

  protected override run(id: number, flush: number, input: Uint8Array | null, output: Uint8Array, state: Uint32Array): ZlibFailure | undefined {
    return ops.brotli_write(id, flush, input, output, state);
  }

  protected override restart(id: number): ZlibFailure | undefined {
    return ops.brotli_reset(id);
  }
}

class BrotliEncoder extends BrotliStream {
  protected override get encodes(): boolean {
    return true;
  }
}

class BrotliDecoder extends BrotliStream {
  protected override get encodes(): boolean {
    return false;
  }
}

/** Names of the library's errors, by number. */
const zstdErrors = new Map<number, string>(
  Object.entries(constant('constants', 'zlib') as Record<string, number>)
    .filter(([name]) => name.startsWith('ZSTD_error_')).map(([name, number]) => [number, name]),
);

function named(failure: ZlibFailure | undefined): ZlibFailure | undefined {
  if (failure?.[2] !== 'ZSTD_error') return failure;
  return [failure[0], failure[1], zstdErrors.get(failure[1]) ?? 'ZSTD_error_GENERIC'];
}

abstract class ZstdStream extends CompressionStream {
  protected abstract readonly encodes: boolean;

  init(params: Uint32Array, pledgedSize: number | undefined, writeState: Uint32Array, callback: () => void, dictionary?: Bytes): void {
    this.adopt(ops.zstd_new(this.encodes, params, pledgedSize, dictionary), writeState, callback);
  }

  protected override run(id: number, flush: number, input: Uint8Array | null, output: Uint8Array, state: Uint32Array): ZlibFailure | undefined {
    return named(ops.zstd_write(id, flush, input, output, state));
  }

  protected override restart(id: number): ZlibFailure | undefined {
    return named(ops.zstd_reset(id));
  }
}

class ZstdCompress extends ZstdStream {
  protected override get encodes(): boolean {
    return true;
  }
}

class ZstdDecompress extends ZstdStream {
  protected override get encodes(): boolean {
    return false;
  }
}

/** Where the callback is while it is called: Node keeps it out of sight. */
const callbackKey = host.engine.privateSymbol('zlib processCallback');

export function create(): object {
  return {
    Zlib, BrotliEncoder, BrotliDecoder, ZstdCompress, ZstdDecompress,
    crc32: (data: Bytes | string, value: number) => ops.zlib_crc32(data, value),
  };
}
