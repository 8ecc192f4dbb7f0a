// node::fs::FileHandle: the descriptor under `fs.promises` file handles.

import { AsyncWrap, callIn } from './async_wrap';
import { enqueueWork } from './loop';
import { nativeTransfers } from './structured_clone';
import { uvException } from './uv';

export class FileHandle extends AsyncWrap {
  #fd: number;
  #closing: Promise<void> | undefined;

  constructor(fd: number) {
    super('FILEHANDLE');
    this.#fd = fd;
  }

  get fd(): number {
    return this.#fd;
  }

  close(): Promise<void> {
    this.#closing ??= new Promise((resolve, reject) => {
      const fd = this.#fd;
      this.#fd = -1;
      enqueueWork(() => {
        const result = fd < 0 ? 0 : host.ops.sys_close(fd);
        callIn(this, () => (result < 0 ? reject(uvException(result, 'close')) : resolve()));
      });
    });
    return this.#closing;
  }

  closeSync(): void {
    const fd = this.#fd;
    this.#fd = -1;
    const result = fd < 0 ? 0 : host.ops.sys_close(fd);
    if (result < 0) throw uvException(result, 'close');
  }

  /** Hands the descriptor over. */
  releaseFD(): number {
    const fd = this.#fd;
    this.#fd = -1;
    return fd;
  }

  onread(): void {}
}

nativeTransfers.push({
  name: 'FileHandle',
  is: (value) => value instanceof FileHandle,
  isDetached: (handle: FileHandle) => handle.fd < 0,
  detach: (handle: FileHandle) => handle.releaseFD(),
  attach: (fd: number) => new FileHandle(fd),
  toDescriptor: (handle: FileHandle) => handle.releaseFD(),
  fromDescriptor: (fd: number) => new FileHandle(fd),
});
