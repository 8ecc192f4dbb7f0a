// node::fs::FileHandle: the descriptor under `fs.promises` file handles.

import { AsyncWrap, callIn } from './async_wrap';
import { enqueueWork } from './loop';
import { nativeTransfers } from './structured_clone';
import { uvException } from './uv';

const DEPRECATION = 'Closing a FileHandle object on garbage collection is deprecated. '
  + 'Please close FileHandle objects explicitly using FileHandle.prototype.close(). In the future, an error will be '
  + 'thrown if a file descriptor is closed during garbage collection.';

/** What one read of the stream asks for, as node::fs::FileHandle. */
const PIECE_BYTES = 65536;

let warned = false;

/** Handles that were collected while open are closed, and the program is told (`FileHandle::CloseGC`). */
const forgotten = new FinalizationRegistry<{ fd: number }>((held) => {
  const { fd } = held;
  if (fd < 0) return;
  host.ops.sys_close(fd);
  const { process } = host.global;
  process.emitWarning(`Closing file descriptor ${fd} on garbage collection`);
  if (warned) return;
  warned = true;
  process.emitWarning(DEPRECATION, 'DeprecationWarning', 'DEP0137');
});

export class FileHandle extends AsyncWrap {
  /** Shared with the registry, which must not hold the handle itself. */
  #held: { fd: number };
  #closing: Promise<void> | undefined;
  #offset: number;
  #left: number;

  /** As a stream it gives the bytes from `offset` (-1: from where the descriptor stands), at most `length` (-1: to the end). */
  constructor(fd: number, offset = -1, length = -1) {
    super('FILEHANDLE');
    this.#held = { fd };
    this.#offset = offset;
    this.#left = length;
    forgotten.register(this, this.#held);
  }

  get fd(): number {
    return this.#held.fd;
  }

  close(): Promise<void> {
    this.#closing ??= new Promise((resolve, reject) => {
      const fd = this.releaseFD();
      enqueueWork(() => {
        const result = fd < 0 ? 0 : host.ops.sys_close(fd);
        callIn(this, () => (result < 0 ? reject(uvException(result, 'close')) : resolve()));
        AsyncWrap.end(this);
      });
    });
    return this.#closing;
  }

  closeSync(): void {
    const fd = this.releaseFD();
    const result = fd < 0 ? 0 : host.ops.sys_close(fd);
    if (result < 0) throw uvException(result, 'close');
  }

  /** Hands the descriptor over. */
  releaseFD(): number {
    const { fd } = this.#held;
    this.#held.fd = -1;
    return fd;
  }

  /** As a stream: the next bytes, none at the end, or an error. */
  nextPiece(): Uint8Array | number {
    const room = new Uint8Array(this.#left < 0 ? PIECE_BYTES : Math.min(this.#left, PIECE_BYTES));
    if (room.length === 0) return room;
    const { fd } = this.#held;
    const count = this.#offset < 0 ? host.ops.sys_read(fd, room) : host.ops.sys_pread(fd, this.#offset, room);
    if (count < 0) return count;
    if (this.#offset >= 0) this.#offset += count;
    if (this.#left >= 0) this.#left -= count;
    return room.subarray(0, count);
  }

  onread(): void {}
}
Object.defineProperty(FileHandle.prototype, 'nextPiece', { enumerable: false });

nativeTransfers.push({
  name: 'FileHandle',
  is: (value) => value instanceof FileHandle,
  isDetached: (handle: FileHandle) => handle.fd < 0,
  detach: (handle: FileHandle) => handle.releaseFD(),
  attach: (fd: number) => new FileHandle(fd),
  toDescriptor: (handle: FileHandle) => handle.releaseFD(),
  fromDescriptor: (fd: number) => new FileHandle(fd),
});
