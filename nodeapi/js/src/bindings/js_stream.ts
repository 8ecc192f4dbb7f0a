// A stream of Node's library in the place of a native one, as src/js_stream.cc: what native code would ask of it goes to its
// methods `onreadstart`, `onreadstop`, `onwrite` and `onshutdown`.

import { AsyncWrap, makeCallback } from '../async_wrap';
import type { ReadListener, StreamSource } from '../read_listener';
import { State, streamBaseState } from '../stream_base';
import { UV } from '../uv';
import { asBuffer, Encoding, parseEncoding, utf8Bytes } from './buffer';

const { ops } = host;

function bytesOf(chunk: any, encoding: number): Uint8Array {
  if (typeof chunk !== 'string') return asBuffer(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength));
  if (encoding === Encoding.UTF8) return asBuffer(utf8Bytes(chunk));
  const room = new Uint8Array(encoding === Encoding.UCS2 ? chunk.length * 2 : chunk.length);
  return asBuffer(room.subarray(0, ops.buffer_write(room, chunk, encoding, 0, room.length)));
}

class JSStream extends AsyncWrap implements StreamSource {
  #bytesRead = 0;
  #bytesWritten = 0;
  #listeners: ReadListener[] = [];

  constructor() {
    super('JSSTREAM');
  }

  get fd(): number { return -1; }
  get isStreamBase(): boolean { return true; }
  get bytesRead(): number { return this.#bytesRead; }
  get bytesWritten(): number { return this.#bytesWritten; }
  pushListener(listener: ReadListener): void { this.#listeners.push(listener); }
  removeListener(listener: ReadListener): void { this.#listeners = this.#listeners.filter((one) => one !== listener); }
  readStart(): number { return makeCallback(this, 'onreadstart') as number ?? UV.EPIPE; }
  readStop(): number { return makeCallback(this, 'onreadstop') as number ?? UV.EPIPE; }
  useUserBuffer(): number { return UV.ENOTSUP; }
  shutdown(req: any): number { return makeCallback(this, 'onshutdown', req) as number ?? UV.EPIPE; }

  #write(req: any, parts: Uint8Array[]): number {
    const total = parts.reduce((sum, part) => sum + part.length, 0);
    streamBaseState[State.BytesWritten] = total;
    streamBaseState[State.LastWriteWasAsync] = 1;
    this.#bytesWritten += total;
    return makeCallback(this, 'onwrite', req, parts) as number ?? UV.EPIPE;
  }

  writeBuffer(req: any, bytes: any): number { return this.#write(req, [bytesOf(bytes, Encoding.UTF8)]); }
  writeUtf8String(req: any, text: string): number { return this.#write(req, [bytesOf(text, Encoding.UTF8)]); }
  writeAsciiString(req: any, text: string): number { return this.#write(req, [bytesOf(text, Encoding.LATIN1)]); }
  writeLatin1String(req: any, text: string): number { return this.#write(req, [bytesOf(text, Encoding.LATIN1)]); }
  writeUcs2String(req: any, text: string): number { return this.#write(req, [bytesOf(text, Encoding.UCS2)]); }

  writev(req: any, chunks: any[], allBuffers: boolean): number {
    const parts: Uint8Array[] = [];
    if (allBuffers) for (const chunk of chunks) parts.push(bytesOf(chunk, Encoding.UTF8));
    else for (let i = 0; i < chunks.length; i += 2) parts.push(bytesOf(chunks[i], parseEncoding(chunks[i + 1], Encoding.UTF8)));
    return this.#write(req, parts);
  }

  finishWrite(req: any, status: number): void { makeCallback(req, 'oncomplete', status, this, undefined); }
  finishShutdown(req: any, status: number): void { makeCallback(req, 'oncomplete', status, this, undefined); }

  readBuffer(chunk: any): void {
    const bytes = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    this.#bytesRead += bytes.length;
    const listener = this.#listeners.at(-1);
    if (listener !== undefined) listener.onRead(bytes);
    else this.#deliver(bytes.length, bytes.slice().buffer);
  }

  emitEOF(): void {
    const listener = this.#listeners.at(-1);
    if (listener?.onEnd !== undefined) listener.onEnd(UV.EOF);
    else this.#deliver(UV.EOF, undefined);
  }

  #deliver(count: number, buffer: ArrayBuffer | undefined): void {
    streamBaseState[State.ReadBytesOrError] = count;
    streamBaseState[State.ArrayBufferOffset] = 0;
    makeCallback(this, 'onread', buffer);
  }
}

export function create(): object {
  return { JSStream };
}
