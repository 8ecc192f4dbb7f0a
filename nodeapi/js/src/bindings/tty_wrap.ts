// Terminals, as src/tty_wrap.cc.

import { LibuvStreamWrap } from '../stream_base';
import { uvException } from '../uv';

declare global {
  interface Ops {
    sys_tcgetwinsize(fd: number, size: Bytes): Result;
  }
}

const { ops } = host;

export function isTTY(fd: number): boolean {
  return fd >= 0 && ops.sys_tcgetwinsize(fd, new Uint8Array(4)) >= 0;
}

class TTY extends LibuvStreamWrap {
  constructor(fd: number, context: any) {
    super('TTYWRAP');
    if (!isTTY(fd)) {
      const error: any = uvException(-25, 'uv_tty_init');
      Object.assign(context, { errno: error.errno, code: error.code, message: 'inappropriate ioctl for device', syscall: 'uv_tty_init' });
      return;
    }
    this.adopt(fd);
  }

  getWindowSize(out: number[]): number {
    const size = new Uint8Array(4);
    const result = ops.sys_tcgetwinsize(this.fd, size);
    if (result < 0) return result;
    const view = new DataView(size.buffer);
    // The kernel gives rows first, libuv columns.
    out[0] = view.getUint16(2, true);
    out[1] = view.getUint16(0, true);
    return 0;
  }

  setRawMode(): number {
    return -38;
  }
}

export function create(): object {
  return { TTY, isTTY };
}
