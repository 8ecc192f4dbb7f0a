// A file on its way into a stream, as src/stream_pipe.cc: one piece is read when the one before has been written. Node's library uses
// it for the files that HTTP/2 responds with.

import { AsyncWrap, makeCallback } from '../async_wrap';
import { FileHandle } from '../file_handle';
import { enqueueClose, enqueueWork } from '../loop';
import { notAvailable } from '../oracle';
import { ShutdownWrap, State, streamBaseState, WriteWrap } from '../stream_base';
import { UV } from '../uv';
import { asBuffer } from './buffer';

class StreamPipe extends AsyncWrap {
  readonly source: FileHandle;
  readonly sink: any;
  #closed = true;
  #writing = 0;

  constructor(source: unknown, sink: any) {
    super('STREAMPIPE');
    if (!(source instanceof FileHandle)) throw notAvailable('a StreamPipe from anything but a file');
    this.source = source;
    this.sink = sink;
  }

  start(): void {
    this.#closed = false;
    this.#later();
  }

  isClosed(): boolean { return this.#closed; }
  pendingWrites(): number { return this.#writing; }

  unpipe(): void {
    if (this.#closed) return;
    this.#closed = true;
    enqueueClose(() => makeCallback(this, 'onunpipe'));
  }

  #later(): void {
    enqueueWork(() => this.#next());
  }

  #next(): void {
    if (this.#closed) return;
    const piece = this.source.nextPiece();
    if (typeof piece === 'number' || piece.length === 0) {
      const status = typeof piece === 'number' ? piece : UV.EOF;
      streamBaseState[State.ReadBytesOrError] = status;
      streamBaseState[State.ArrayBufferOffset] = 0;
      makeCallback(this.source, 'onread', undefined);
      this.#finish();
      return;
    }
    const req: any = new WriteWrap();
    req.oncomplete = (status: number): void => this.#written(status);
    this.#writing += 1;
    const error = this.sink.writeBuffer(req, asBuffer(piece));
    if (error !== 0 || streamBaseState[State.LastWriteWasAsync] === 0) this.#written(error);
  }

  #written(status: number): void {
    this.#writing -= 1;
    if (status < 0) this.unpipe();
    else this.#later();
  }

  #finish(): void {
    const req: any = new ShutdownWrap();
    req.oncomplete = (): void => this.unpipe();
    if (this.sink.shutdown(req) !== 0) this.unpipe();
  }
}

export function create(): object {
  return { StreamPipe };
}
