// node::LibuvStreamWrap: a stream of bytes over a descriptor. Writes are tried at once, what does not fit waits for the
// descriptor; reads happen when it is readable.

import { AsyncWrap, makeCallback } from './async_wrap';
import { utf8Bytes, Encoding, parseEncoding } from './bindings/buffer';
import { HandleWrap } from './handle_wrap';
import { enqueueClose, enqueuePending, POLLIN, POLLOUT, Watcher } from './loop';
import type { ReadListener, StreamSource } from './read_listener';
import { UV } from './uv';

declare global {
  interface Ops {
    sys_read(fd: number, bytes: Bytes): Result;
    sys_write(fd: number, bytes: Bytes | string): Result;
    sys_close(fd: number): Result;
    sys_shutdown(fd: number, how: number): Result;
    sys_fcntl(fd: number, command: number, argument: number): Result;
  }
}

export const enum State { ReadBytesOrError, ArrayBufferOffset, BytesWritten, LastWriteWasAsync }
export const streamBaseState = new Int32Array(4);

const { ops } = host;
const Uint8 = Uint8Array;
const F_GETFL = 3;
const F_SETFL = 4;
const O_NONBLOCK = 0o4000;
const SHUT_WR = 1;
const ENOTSOCK = -88;
/** What one read asks for, as libuv. */
const READ_BYTES = 65536;
/** Reads in a row before others get their turn, as libuv. */
const READS_PER_TURN = 32;
/** Small pieces are joined up to this size, to save calls. */
const JOIN_BYTES = 65536;

const scratch = new Uint8(READ_BYTES);

export class WriteWrap extends AsyncWrap {
  constructor() {
    super('WRITEWRAP');
  }
}

export class ShutdownWrap extends AsyncWrap {
  constructor() {
    super('SHUTDOWNWRAP');
  }
}

interface PendingWrite { req: any; parts: Uint8Array[]; whole: number; handle: any }

export abstract class LibuvStreamWrap extends HandleWrap implements StreamSource {
  #fd = -1;
  #watcher: Watcher | undefined;
  #reading = false;
  #queue: PendingWrite[] = [];
  #shutdown: any;
  #listeners: ReadListener[] = [];
  #userBuffer: Uint8Array | undefined;
  #bytesRead = 0;
  #bytesWritten = 0;

  get fd(): number {
    return this.#fd;
  }

  get isStreamBase(): boolean {
    return true;
  }

  get bytesRead(): number {
    return this.#bytesRead;
  }

  get bytesWritten(): number {
    return this.#bytesWritten;
  }

  get writeQueueSize(): number {
    let size = 0;
    for (const { parts } of this.#queue) for (const part of parts) size += part.length;
    return size;
  }

  /** Takes over a descriptor. */
  protected adopt(fd: number): void {
    this.#fd = fd;
    this.#watcher = new Watcher(fd, (revents) => this.onReady(revents));
    this.#watcher.referenced = this.referenced;
  }

  /** Makes reads and writes return instead of wait. */
  protected setNonBlocking(): void {
    const flags = ops.sys_fcntl(this.#fd, F_GETFL, 0);
    if (flags >= 0) ops.sys_fcntl(this.#fd, F_SETFL, flags | O_NONBLOCK);
  }

  /** The descriptor has news; classes that listen or connect look first. */
  protected onReady(_revents: number): void {
    if (this.#queue.length > 0) this.#flush();
    if (this.#reading) this.#read();
    this.updateWatch();
  }

  /** Events that a class waits for beside reading and writing. */
  protected extraEvents(): number {
    return 0;
  }

  protected updateWatch(): void {
    if (this.closed) return;
    const reading = this.#reading ? POLLIN : 0;
    this.#watcher?.watch(reading | (this.#queue.length > 0 ? POLLOUT : 0) | this.extraEvents());
  }

  protected override release(): void {
    this.#reading = false;
    this.#watcher?.watch(0);
    const cut = this.#queue;
    this.#queue = [];
    const shutdown = this.#shutdown;
    this.#shutdown = undefined;
    if (cut.length > 0 || shutdown !== undefined) {
      enqueueClose(() => {
        for (const { req } of cut) this.#complete(req, UV.ECANCELED);
        if (shutdown !== undefined) this.#complete(shutdown, UV.ECANCELED);
      });
    }
    if (this.#fd >= 0) ops.sys_close(this.#fd);
    this.#fd = -1;
  }

  protected override setReferenced(referenced: boolean): void {
    if (this.#watcher !== undefined) this.#watcher.referenced = referenced;
  }

  // --- reading ---------------------------------------------------------------------------------------------------------------

  readStart(): number {
    if (this.closed) return UV.EINVAL;
    if (this.#fd < 0) return UV.ENOTCONN;
    this.#reading = true;
    this.updateWatch();
    return 0;
  }

  readStop(): number {
    this.#reading = false;
    this.updateWatch();
    return 0;
  }

  useUserBuffer(buffer: Uint8Array): number {
    this.#userBuffer = buffer;
    return 0;
  }

  pushListener(listener: ReadListener): void {
    this.#listeners.push(listener);
  }

  removeListener(listener: ReadListener): void {
    const at = this.#listeners.lastIndexOf(listener);
    if (at >= 0) this.#listeners.splice(at, 1);
  }

  #read(): void {
    for (let turn = 0; turn < READS_PER_TURN && this.#reading; turn += 1) {
      const into = this.#userBuffer ?? scratch;
      const count = this.receive(into);
      if (count === UV.EAGAIN || count === UV.EINTR) return;
      if (count <= 0) {
        this.#reading = false;
        const status = count === 0 ? UV.EOF : count;
        const last = this.#listeners.at(-1);
        if (last?.onEnd !== undefined) last.onEnd(status);
        else this.#deliver(status, undefined);
        return;
      }
      this.#bytesRead += count;
      const listener = this.#listeners.at(-1);
      if (listener !== undefined) listener.onRead(into.subarray(0, count));
      else if (this.#userBuffer !== undefined) this.#deliver(count, undefined);
      else this.#deliver(count, into.slice(0, count).buffer);
      if (count < into.length) return;
    }
  }

  #deliver(count: number, buffer: ArrayBuffer | undefined): void {
    streamBaseState[State.ReadBytesOrError] = count;
    streamBaseState[State.ArrayBufferOffset] = 0;
    const next = makeCallback(this, 'onread', buffer);
    if (this.#userBuffer !== undefined && ArrayBuffer.isView(next)) this.#userBuffer = next as Uint8Array;
  }

  // --- writing ---------------------------------------------------------------------------------------------------------------

  writeBuffer(req: any, bytes: Uint8Array, handle?: any): number {
    return this.#write(req, [asBytes(bytes)], handle);
  }

  writeUtf8String(req: any, text: string, handle?: any): number {
    return this.#write(req, [utf8Bytes(text)], handle);
  }

  writeAsciiString(req: any, text: string): number {
    return this.#write(req, [encoded(text, Encoding.LATIN1)]);
  }

  writeLatin1String(req: any, text: string): number {
    return this.#write(req, [encoded(text, Encoding.LATIN1)]);
  }

  writeUcs2String(req: any, text: string): number {
    return this.#write(req, [encoded(text, Encoding.UCS2)]);
  }

  writev(req: any, chunks: any[], allBuffers: boolean): number {
    return this.#write(req, writtenBytes(chunks, allBuffers));
  }

  setBlocking(blocking: boolean): number {
    const flags = ops.sys_fcntl(this.#fd, F_GETFL, 0);
    if (flags < 0) return flags;
    return Math.min(0, ops.sys_fcntl(this.#fd, F_SETFL, blocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK));
  }

  /** Sends bytes together with a handle's descriptor; only pipes between processes can. Gives how many went, or an error. */
  protected sendHandle(_bytes: Uint8Array, _handle: any): number {
    return UV.ENOTSUP;
  }

  /** Reads once; gives the number of bytes, 0 at the end, or an error. */
  protected receive(into: Uint8Array): number {
    return ops.sys_read(this.#fd, into);
  }

  #write(req: any, pieces: Uint8Array[], handle?: any): number {
    let total = 0;
    for (const piece of pieces) total += piece.length;
    streamBaseState[State.BytesWritten] = total;
    streamBaseState[State.LastWriteWasAsync] = 0;
    if (this.#fd < 0) return UV.EBADF;
    const hasHandle = handle !== undefined && handle !== null;
    this.#bytesWritten += total;
    const parts = pieces.length > 1 && total <= JOIN_BYTES ? [joined(pieces)] : pieces;
    if (this.#queue.length === 0) {
      const error = this.#drain(parts, handle);
      if (error < 0 && hasHandle) return this.#failLater(req, error);
      if (error < 0) return error;
      if (parts.length === 0) return 0;
    }
    // The program may reuse its memory once the call is over: what waits is a copy.
    this.#queue.push({ req, parts: parts.map((part) => part.slice()), whole: total, handle });
    streamBaseState[State.LastWriteWasAsync] = 1;
    this.updateWatch();
    return 0;
  }

  /** A write that carries a handle is never tried at once by libuv, so its error comes with its completion. */
  #failLater(req: any, error: number): number {
    streamBaseState[State.LastWriteWasAsync] = 1;
    enqueuePending(() => this.#complete(req, error));
    return 0;
  }

  /** Writes until nothing is left in `parts` or the descriptor is full; gives an error or 0. */
  #drain(parts: Uint8Array[], handle?: any): number {
    let unsent = handle;
    while (parts.length > 0) {
      const part = parts[0]!;
      let count = 0;
      if (unsent !== undefined && unsent !== null) count = this.sendHandle(part, unsent);
      else if (part.length > 0) count = ops.sys_write(this.#fd, part);
      if (count === UV.EAGAIN) return 0;
      if (count === UV.EINTR) continue;
      if (count < 0) return count;
      unsent = undefined;
      if (count < part.length) parts[0] = part.subarray(count);
      else parts.shift();
    }
    return 0;
  }

  #flush(): void {
    while (this.#queue.length > 0) {
      const { req, parts, whole, handle } = this.#queue[0]!;
      // A handle goes with the first byte.
      const started = parts.reduce((sum, part) => sum + part.length, 0) < whole;
      const error = this.#drain(parts, started ? undefined : handle);
      if (error === 0 && parts.length > 0) return;
      this.#queue.shift();
      this.#complete(req, error);
    }
    if (this.#shutdown !== undefined) this.#finishShutdown();
  }

  #complete(req: any, status: number): void {
    makeCallback(req, 'oncomplete', status, this, undefined);
  }

  // --- the end of writing -------------------------------------------------------------------------------------------------------

  shutdown(req: any): number {
    if (this.#fd < 0) return UV.ENOTCONN;
    this.#shutdown = req;
    if (this.#queue.length === 0) enqueuePending(() => this.#finishShutdown());
    return 0;
  }

  #finishShutdown(): void {
    const req = this.#shutdown;
    if (req === undefined || this.#fd < 0) return;
    this.#shutdown = undefined;
    const result = ops.sys_shutdown(this.#fd, SHUT_WR);
    // One end of a pipe has no halves; closing it, which follows, is its shutdown.
    this.#complete(req, result === ENOTSOCK ? 0 : Math.min(0, result));
  }
}
for (const hidden of ['pushListener', 'removeListener', 'adopt', 'setNonBlocking', 'onReady', 'extraEvents', 'updateWatch', 'release', 'setReferenced', 'sendHandle', 'receive']) {
  Object.defineProperty(LibuvStreamWrap.prototype, hidden, { enumerable: false });
}

function asBytes(view: any): Uint8Array {
  return view instanceof Uint8 ? view : new Uint8(view.buffer, view.byteOffset, view.byteLength);
}

function encoded(text: string, encoding: number): Uint8Array {
  if (encoding === Encoding.UTF8 || encoding === Encoding.BUFFER) return utf8Bytes(text);
  const room = new Uint8(encoding === Encoding.UCS2 ? text.length * 2 : text.length);
  return room.subarray(0, ops.buffer_write(room, text, encoding, 0, room.length));
}

/** The arguments of `writev`: views, or each with its encoding behind it. */
export function writtenBytes(chunks: any[], allBuffers: boolean): Uint8Array[] {
  if (allBuffers) return chunks.map(asBytes);
  const parts: Uint8Array[] = [];
  for (let i = 0; i < chunks.length; i += 2) {
    const chunk = chunks[i];
    parts.push(typeof chunk === 'string' ? encoded(chunk, parseEncoding(chunks[i + 1], Encoding.UTF8)) : asBytes(chunk));
  }
  return parts;
}

/** Pieces as one; a single one is not copied. */
export function joined(pieces: Uint8Array[]): Uint8Array {
  if (pieces.length === 1) return pieces[0]!;
  const all = new Uint8(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
