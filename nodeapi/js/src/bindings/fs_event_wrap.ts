// File events, as src/fs_event_wrap.cc over uv_fs_event: one inotify descriptor for each watcher.

import { makeCallback } from '../async_wrap';
import { HandleWrap } from '../handle_wrap';
import { POLLIN, Watcher } from '../loop';
import { encodeBytes, parseEncoding, Encoding, utf8Bytes } from './buffer';

declare global {
  interface Ops {
    sys_inotify_init(flags: number): Result;
    sys_inotify_add_watch(fd: number, path: string | Bytes, mask: number): Result;
  }
}

const { ops } = host;
const NONBLOCK = 0o4000;
const CLOEXEC = 0o2000000;
const IN_MODIFY = 0x2;
const IN_ATTRIB = 0x4;
/** What libuv asks for: IN_MOVED_FROM, IN_MOVED_TO, IN_CREATE, IN_DELETE, IN_DELETE_SELF, IN_MOVE_SELF beside the above. */
const EVENTS = IN_MODIFY | IN_ATTRIB | 0x40 | 0x80 | 0x100 | 0x200 | 0x400 | 0x800;
/** `wd`, `mask`, `cookie`, `len` of `struct inotify_event`. */
const HEADER_BYTES = 16;
const BUFFER_BYTES = 4096;

class FSEvent extends HandleWrap {
  #fd = -1;
  #watcher: Watcher | undefined;
  #encoding: number = Encoding.UTF8;
  /** The last part of the watched path, for events that carry no name. */
  #own: Uint8Array = new Uint8Array(0);

  constructor() {
    super('FSEVENTWRAP');
  }

  get initialized(): boolean {
    return this.#fd >= 0 && !this.closed;
  }

  start(path: string | Uint8Array, persistent: boolean, _recursive: boolean, encoding: unknown): number {
    if (this.initialized) return 0;
    this.#encoding = parseEncoding(encoding, Encoding.UTF8);
    const fd = ops.sys_inotify_init(NONBLOCK | CLOEXEC);
    if (fd < 0) return fd;
    const watch = ops.sys_inotify_add_watch(fd, path, EVENTS);
    if (watch < 0) {
      ops.sys_close(fd);
      return watch;
    }
    const bytes = typeof path === 'string' ? utf8Bytes(path) : path;
    this.#own = bytes.slice(bytes.lastIndexOf(47) + 1);
    this.#fd = fd;
    this.#watcher = new Watcher(fd, () => this.#read());
    this.#watcher.watch(POLLIN);
    if (!persistent) this.unref();
    this.#watcher.referenced = this.referenced;
    return 0;
  }

  #read(): void {
    const buffer = new Uint8Array(BUFFER_BYTES);
    while (this.#fd >= 0) {
      const count = ops.sys_read(this.#fd, buffer);
      if (count <= 0) return;
      const view = new DataView(buffer.buffer);
      for (let at = 0; at + HEADER_BYTES <= count && this.#fd >= 0;) {
        const mask = view.getUint32(at + 4, true);
        const length = view.getUint32(at + 12, true);
        const field = buffer.subarray(at + HEADER_BYTES, at + HEADER_BYTES + length);
        at += HEADER_BYTES + length;
        this.#emit(mask, field);
      }
    }
  }

  #emit(mask: number, field: Uint8Array): void {
    let kind = '';
    if (mask & EVENTS & ~(IN_ATTRIB | IN_MODIFY)) kind = 'rename';
    else if (mask & (IN_ATTRIB | IN_MODIFY)) kind = 'change';
    else return;
    const end = field.indexOf(0);
    const name = field.length === 0 ? this.#own : field.slice(0, end < 0 ? field.length : end);
    makeCallback(this, 'onchange', 0, kind, encodeBytes(name, this.#encoding));
  }

  protected release(): void {
    this.#watcher?.watch(0);
    this.#watcher = undefined;
    if (this.#fd >= 0) ops.sys_close(this.#fd);
    this.#fd = -1;
  }

  protected setReferenced(referenced: boolean): void {
    if (this.#watcher !== undefined) this.#watcher.referenced = referenced;
  }
}

export function create(): object {
  return { FSEvent };
}
