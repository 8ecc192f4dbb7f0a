// node::http2::Http2Stream: one exchange of a session. It queues what the program writes until the session's windows let it out.

import { AsyncWrap, makeCallback } from '../async_wrap';
import { enqueueWork } from '../loop';
import { State, streamBaseState, writtenBytes } from '../stream_base';
import { utf8Bytes } from '../bindings/buffer';
import { UV } from '../uv';
import { streamState } from './buffers';
import { Code } from './frames';
import type { Http2Session } from './session';

export const OPTION_EMPTY_PAYLOAD = 1;
export const OPTION_GET_TRAILERS = 2;

interface Outgoing { req: any; parts: Uint8Array[] }

export class Http2Stream extends AsyncWrap {
  session: Http2Session | undefined;
  readonly number: number;
  /** What may still be sent, and what may still come before a window update. */
  sendWindow: number;
  receiveWindow: number;
  /** Bytes that the program has taken and the peer has not been told of. */
  consumed = 0;
  category: number;
  localEnded = false;
  remoteEnded = false;
  wantsTrailers = false;
  /** The program writes nothing more. */
  finished = false;
  reading = false;
  gone = false;
  expectedBytes: number | undefined;
  receivedBytes = 0;
  resetLater: Code | undefined;
  #queue: Outgoing[] = [];
  #bytesRead = 0;
  #bytesWritten = 0;

  constructor(session: Http2Session, number: number, category: number, sendWindow: number, receiveWindow: number) {
    super('HTTP2STREAM');
    this.session = session;
    this.number = number;
    this.category = category;
    this.sendWindow = sendWindow;
    this.receiveWindow = receiveWindow;
  }

  id(): number { return this.number; }
  get fd(): number { return -1; }
  get isStreamBase(): boolean { return true; }
  get bytesRead(): number { return this.#bytesRead; }
  get bytesWritten(): number { return this.#bytesWritten; }

  // --- the program's calls ---------------------------------------------------------------------------------------------------------

  respond(headers: [string, number], options: number): number { return this.#head(headers, options); }
  info(headers: [string, number]): number {
    if (this.session === undefined) return UV.EPIPE;
    this.session.sendHeaders(this, headers[0], false);
    return 0;
  }

  #head(headers: [string, number], options: number): number {
    if (this.session === undefined) return UV.EPIPE;
    this.wantsTrailers = (options & OPTION_GET_TRAILERS) !== 0;
    const ends = (options & OPTION_EMPTY_PAYLOAD) !== 0;
    if (ends) this.finished = true;
    this.session.sendHeaders(this, headers[0], ends);
    return 0;
  }

  trailers(headers: [string, number]): number {
    if (this.session === undefined) return UV.EPIPE;
    this.wantsTrailers = false;
    if (headers[1] === 0) this.session.endStream(this);
    else this.session.sendHeaders(this, headers[0], true);
    return 0;
  }

  pushPromise(headers: [string, number], options: number): Http2Stream | number {
    if (this.session === undefined) return UV.EPIPE;
    return this.session.promise(this, headers[0], options);
  }

  rstStream(code: Code): void {
    if (this.session === undefined || this.gone) return;
    // What was written before goes first.
    if (this.#queue.length > 0 && (code === Code.NoError || code === Code.Cancel)) this.resetLater = code;
    else this.session.resetStream(this, code);
  }

  priority(): number { return 0; }

  refreshState(): void {
    streamState[0] = this.gone ? 7 : this.localEnded ? (this.remoteEnded ? 7 : 5) : this.remoteEnded ? 6 : 2;
    streamState[1] = 16;
    streamState[2] = 0;
    streamState[3] = this.localEnded ? 1 : 0;
    streamState[4] = this.remoteEnded ? 1 : 0;
    streamState[5] = this.receiveWindow;
  }

  destroy(): void {
    if (this.session === undefined) return;
    const session = this.session;
    this.cancelWrites(UV.ECANCELED);
    session.forget(this);
    this.session = undefined;
    this.gone = true;
  }

  // --- as a stream -------------------------------------------------------------------------------------------------------------------

  readStart(): number {
    this.reading = true;
    this.session?.consume_(this, 0);
    return 0;
  }

  readStop(): number {
    this.reading = false;
    return 0;
  }

  useUserBuffer(): number { return UV.ENOTSUP; }

  writeBuffer(req: any, bytes: any): number { return this.#write(req, writtenBytes([bytes], true)); }
  writeUtf8String(req: any, text: string): number { return this.#write(req, [utf8Bytes(text)]); }
  writeAsciiString(req: any, text: string): number { return this.#write(req, writtenBytes([text, 'latin1'], false)); }
  writeLatin1String(req: any, text: string): number { return this.#write(req, writtenBytes([text, 'latin1'], false)); }
  writeUcs2String(req: any, text: string): number { return this.#write(req, writtenBytes([text, 'utf16le'], false)); }
  writev(req: any, chunks: any[], allBuffers: boolean): number { return this.#write(req, writtenBytes(chunks, allBuffers)); }

  #write(req: any, parts: Uint8Array[]): number {
    streamBaseState[State.BytesWritten] = parts.reduce((sum, part) => sum + part.length, 0);
    streamBaseState[State.LastWriteWasAsync] = 1;
    if (this.session === undefined || this.localEnded) return UV.EPIPE;
    this.#queue.push({ req, parts: parts.filter((part) => part.length > 0).map((part) => part.slice()) });
    this.session.schedule();
    return 0;
  }

  shutdown(_req: any): number {
    this.finished = true;
    this.session?.schedule();
    return 1;
  }

  // --- the session's calls -----------------------------------------------------------------------------------------------------------

  get hasData(): boolean { return this.#queue.length > 0; }

  /** Up to so many bytes of what is queued; writes that are wholly taken go to `done`. */
  take(limit: number, done: (req: any) => void): Uint8Array {
    const pieces: Uint8Array[] = [];
    let left = limit;
    while (this.#queue.length > 0) {
      const { req, parts } = this.#queue[0]!;
      while (parts.length > 0 && left > 0) {
        const part = parts[0]!;
        const piece = part.subarray(0, left);
        pieces.push(piece);
        left -= piece.length;
        if (piece.length < part.length) parts[0] = part.subarray(piece.length);
        else parts.shift();
      }
      if (parts.length > 0) break;
      this.#queue.shift();
      done(req);
    }
    const all = new Uint8Array(limit - left);
    let at = 0;
    for (const piece of pieces) {
      all.set(piece, at);
      at += piece.length;
    }
    this.#bytesWritten += all.length;
    return all;
  }

  cancelWrites(status: number): void {
    for (const { req } of this.#queue.splice(0)) enqueueWork(() => makeCallback(req, 'oncomplete', status, this, undefined));
  }

  give(bytes: Uint8Array): void {
    this.#bytesRead += bytes.length;
    this.#deliver(bytes.length, bytes.slice().buffer);
  }

  end(): void { this.#deliver(UV.EOF, undefined); }

  #deliver(count: number, buffer: ArrayBuffer | undefined): void {
    streamBaseState[State.ReadBytesOrError] = count;
    streamBaseState[State.ArrayBufferOffset] = 0;
    makeCallback(this, 'onread', buffer);
  }
}
for (const hidden of ['hasData', 'take', 'cancelWrites', 'give', 'end']) Object.defineProperty(Http2Stream.prototype, hidden, { enumerable: false });
