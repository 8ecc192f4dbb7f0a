// Starting tasks: `spawn::SpawnRequest` of oac-abi, and what wait(2) gives back.

import { constant } from './oracle';
import { utf8Bytes } from './bindings/buffer';

declare global {
  interface Ops {
    sys_spawn(request: Bytes): Result;
    sys_getcredentials(ids: Bytes): Result;
    sys_wait4(pid: number, options: number, status: Bytes): Result;
    sys_pidfd_open(pid: number, flags: number): Result;
    sys_socketpair(domain: number, kind: number, fds: Bytes): Result;
    sys_pipe2(flags: number, fds: Bytes): Result;
  }
}

const { ops } = host;
const NEW_SESSION = 2;
const WNOHANG = 1;
const O_CLOEXEC = 0o2000000;
const AT_FDCWD = -100;
// Where they stand in what getcredentials gives.
const EFFECTIVE_UID = 4;
const EFFECTIVE_GID = 16;
const NARROWING_LISTS = 6;
const O_RDWR = 2;

export interface SpawnOptions {
  file: string;
  args?: string[];
  cwd?: string;
  envPairs?: string[];
  detached?: boolean;
  uid?: number;
  gid?: number;
}

/** Writes length-prefixed values, as `wire::Writer`. */
class Writer {
  #parts: Uint8Array[] = [];
  u32(value: number): void {
    this.#parts.push(new Uint8Array(new Uint32Array([value]).buffer));
  }
  bytes(text: string): void {
    const bytes = utf8Bytes(text);
    this.u32(bytes.length);
    this.#parts.push(bytes);
  }
  list(items: string[]): void {
    this.u32(items.length);
    // Numbers and other values are converted, as by `node::Utf8Value`.
    for (const item of items) this.bytes(String(item));
  }
  finish(): Uint8Array {
    const out = new Uint8Array(this.#parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of this.#parts) {
      out.set(part, at);
      at += part.length;
    }
    return out;
  }
}

/** Starts a task; `fds` are `[the child's, ours]`. Gives its id or `-errno`. */
export function spawn(options: SpawnOptions, fds: Array<[number, number]>): Result {
  const request = new Writer();
  request.bytes(options.file);
  request.list(options.args ?? [options.file]);
  if (options.envPairs === undefined || options.envPairs === null) request.u32(0);
  else {
    request.u32(1);
    request.list(options.envPairs);
  }
  if (options.cwd === undefined || options.cwd === null) request.u32(0);
  else {
    request.u32(1);
    request.bytes(options.cwd);
  }
  request.u32(fds.length);
  for (const [child, own] of fds) {
    request.u32(child);
    request.u32(own >>> 0);
  }
  request.u32(options.detached ? NEW_SESSION : 0);
  request.u32(0); // group
  request.u32(0); // terminal
  credentials(request, options);
  // As libuv: whatever this process ignores, its children do not.
  request.u32(0xffff_ffff);
  request.u32(0xffff_ffff);
  request.u32(0); // umask
  request.u32(0); // limits
  for (let list = 0; list < NARROWING_LISTS; list++) request.u32(0);
  return ops.sys_spawn(request.finish());
}

/** User and group of the child; without supplementary groups, as libuv drops them. */
function credentials(request: Writer, { uid, gid }: SpawnOptions): void {
  if ((uid === undefined || uid === null) && (gid === undefined || gid === null)) {
    request.u32(0);
    return;
  }
  const own = new Uint8Array(24);
  ops.sys_getcredentials(own);
  const ids = new DataView(own.buffer);
  request.u32(1);
  request.u32((uid ?? ids.getUint32(EFFECTIVE_UID, true)) >>> 0);
  request.u32((gid ?? ids.getUint32(EFFECTIVE_GID, true)) >>> 0);
  request.u32(0);
}

const signals: Record<string, number> = constant('constants', 'os').signals;
const signalNames: string[] = [];
for (const [name, number] of Object.entries(signals)) signalNames[number] ??= name;

export interface Ended { code: number; signal: string | null }

/** How a child ended; `undefined` if it has not, or there is none. */
export function reap(pid: number): Ended | undefined {
  const status = new Uint8Array(4);
  if (ops.sys_wait4(pid, WNOHANG, status) <= 0) return undefined;
  const word = new DataView(status.buffer).getUint32(0, true);
  const signal = word & 0x7f;
  return signal === 0 ? { code: (word >> 8) & 0xff, signal: null } : { code: 0, signal: signalNames[signal] ?? `SIG${signal}` };
}

/** A connected pair of descriptors, or `-errno`. */
export function socketPair(): [number, number] | Result {
  const AF_UNIX = 1;
  const STREAM = 1;
  const fds = new Uint8Array(8);
  const result = ops.sys_socketpair(AF_UNIX, STREAM | O_CLOEXEC, fds);
  if (result < 0) return result;
  const view = new DataView(fds.buffer);
  return [view.getInt32(0, true), view.getInt32(4, true)];
}

/** A descriptor that swallows and gives nothing. */
export function openNull(): Result {
  return ops.sys_openat(AT_FDCWD, '/dev/null', O_RDWR | O_CLOEXEC, 0);
}
