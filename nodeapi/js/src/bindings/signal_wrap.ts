// Signal handlers, as src/signal_wrap.cc: a caught signal is read from a descriptor of its own.

import { makeCallback } from '../async_wrap';
import { HandleWrap } from '../handle_wrap';
import { POLLIN, Watcher } from '../loop';
import { UV } from '../uv';

declare global {
  interface Ops {
    sys_sigaction(signal: number, disposition: number): Result;
    sys_signalfd(mask: bigint, flags: number): Result;
  }
}

const { ops } = host;
const DEFAULT = 0;
const CAUGHT = 2;
const O_NONBLOCK = 0o4000;
const O_CLOEXEC = 0o2000000;

class Signal extends HandleWrap {
  #signal = 0;
  #fd = -1;
  #watcher: Watcher | undefined;

  constructor() {
    super('SIGNALWRAP');
  }

  start(signal: number): number {
    if (signal <= 0 || signal > 64) return UV.EINVAL;
    const caught = ops.sys_sigaction(signal, CAUGHT);
    if (caught < 0) return caught;
    const fd = ops.sys_signalfd(1n << BigInt(signal - 1), O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
      ops.sys_sigaction(signal, DEFAULT);
      return fd;
    }
    this.#signal = signal;
    this.#fd = fd;
    this.#watcher = new Watcher(fd, () => this.#arrived(), true);
    this.#watcher.referenced = this.referenced;
    this.#watcher.watch(POLLIN);
    return 0;
  }

  #arrived(): void {
    const number = new Uint8Array(4);
    while (this.#fd >= 0 && ops.sys_read(this.#fd, number) === 4) {
      makeCallback(this, 'onsignal', new DataView(number.buffer).getUint32(0, true));
    }
  }

  stop(): number {
    this.release();
    return 0;
  }

  protected release(): void {
    this.#watcher?.watch(0);
    this.#watcher = undefined;
    if (this.#fd < 0) return;
    ops.sys_close(this.#fd);
    this.#fd = -1;
    ops.sys_sigaction(this.#signal, DEFAULT);
  }

  protected setReferenced(referenced: boolean): void {
    if (this.#watcher !== undefined) this.#watcher.referenced = referenced;
  }
}

export function create(): object {
  return { Signal };
}
