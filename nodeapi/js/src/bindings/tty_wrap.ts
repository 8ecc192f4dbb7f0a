// Terminals, as src/tty_wrap.cc.

import { atExit } from '../loop';
import { LibuvStreamWrap } from '../stream_base';
import { uvException } from '../uv';

declare global {
  interface Ops {
    sys_tcgetwinsize(fd: number, size: Bytes): Result;
    sys_tcgetattr(fd: number, termios: Bytes): Result;
    sys_tcsetattr(fd: number, actions: number, termios: Bytes): Result;
  }
}

const { ops } = host;

/** `oac_abi::termios`: four u32s (input, output, control, local), the line discipline, the special characters. */
const TERMIOS_BYTES = 36;
const CHARACTERS = 17;
const [VTIME, VMIN] = [5, 6];
const [BRKINT, INPCK, ISTRIP, ICRNL, IXON] = [0o2, 0o20, 0o40, 0o400, 0o2000];
const ONLCR = 0o4;
const CS8 = 0o60;
const [ISIG, ICANON, ECHO, IEXTEN] = [0o1, 0o2, 0o10, 0o100000];
const TCSADRAIN = 1;

/** Attributes as they were before a terminal was made raw, by descriptor. */
const originals = new Map<number, Uint8Array>();
let restoredAtExit = false;

/** As uv_tty_set_mode(UV_TTY_MODE_RAW). */
function makeRaw(fd: number): number {
  if (originals.has(fd)) return 0;
  const original = new Uint8Array(TERMIOS_BYTES);
  const result = ops.sys_tcgetattr(fd, original);
  if (result < 0) return result;
  const raw = original.slice();
  const flags = new Uint32Array(raw.buffer, 0, 4);
  flags[0]! &= ~(BRKINT | INPCK | ISTRIP | ICRNL | IXON);
  flags[1]! |= ONLCR;
  flags[2]! |= CS8;
  flags[3]! &= ~(ISIG | ICANON | ECHO | IEXTEN);
  raw[CHARACTERS + VMIN] = 1;
  raw[CHARACTERS + VTIME] = 0;
  const set = ops.sys_tcsetattr(fd, TCSADRAIN, raw);
  if (set < 0) return set;
  if (!restoredAtExit) atExit.push(() => originals.forEach((_, left) => restore(left)));
  restoredAtExit = true;
  originals.set(fd, original);
  return 0;
}

function restore(fd: number): number {
  const original = originals.get(fd);
  if (original === undefined) return 0;
  originals.delete(fd);
  return ops.sys_tcsetattr(fd, TCSADRAIN, original);
}

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

  setRawMode(raw: boolean): number {
    return raw ? makeRaw(this.fd) : restore(this.fd);
  }
}

export function create(): object {
  return { TTY, isTTY };
}
