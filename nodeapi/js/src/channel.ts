// Channels of the kernel: whole messages between the threads of a process, with descriptors that go along.

import { closeAll, type WireMessage } from './message_format';
import { acquire, release } from './shared_memory';
import { dataCloneError } from './structured_clone';

declare global {
  interface Ops {
    sys_channel_pair(fds: Bytes): Result;
    sys_channel_join(name: string): Result;
    sys_channel_send(fd: number, flags: number, message: Bytes, fds: Bytes): Result;
    sys_channel_receive(fd: number, offset: number, message: Bytes, fds: Bytes, head: Bytes): Result;
  }
}

const { ops } = host;
const MORE = 1;
const EAGAIN = -11;
const PART_BYTES = 192 << 10;
/** `CHANNEL_RIGHTS_MAX` of oac-abi. */
const FDS_MAX = 4096;

function tooMany(what: string, result: number): Error {
  const error: any = new Error(`${what} cannot be made (errno ${-result}): too many are open`);
  error.code = 'ERR_WORKER_INIT_FAILED';
  return error;
}

/** Two connected ends. */
export function channel(): [number, number] {
  const fds = new Int32Array(2);
  const result = ops.sys_channel_pair(fds);
  if (result < 0) throw tooMany('A message channel', result);
  return [fds[0]!, fds[1]!];
}

/** An end for all messages under a name. */
export function join(name: string): number {
  // No name is empty for the kernel.
  const fd = ops.sys_channel_join(`#${name}`);
  if (fd < 0) throw tooMany('A broadcast channel', fd);
  return fd;
}

/** Sends; a message that nobody can receive any more is lost. */
export function send(fd: number, { bytes, fds }: WireMessage): void {
  release();
  let at = 0;
  let result = 0;
  while (bytes.length - at > PART_BYTES && result === 0) {
    result = ops.sys_channel_send(fd, MORE, bytes.subarray(at, at + PART_BYTES), none);
    at += PART_BYTES;
  }
  if (result === 0) result = ops.sys_channel_send(fd, 0, bytes.subarray(at), new Int32Array(fds));
  const EPIPE = -32;
  if (result === 0 || result === EPIPE) return;
  closeAll(fds);
  throw dataCloneError('Data cannot be cloned, out of memory.');
}

const head = new Uint8Array(24);
const numbers = new DataView(head.buffer);
const received = new Int32Array(FDS_MAX);
const first = new Uint8Array(64 << 10);

const none = new Uint8Array(0);

/** The next message; `undefined` when there is none yet, `'over'` when there will be none. With `look` it stays, and is not told. */
export function receiveMessage(fd: number, look = false): WireMessage | 'over' | undefined {
  let length = ops.sys_channel_receive(fd, 0, look ? none : first, received, head);
  if (length < 0) return length === EAGAIN ? undefined : 'over';
  if (look) return undefined;
  const total = Number(numbers.getBigUint64(0, true));
  const bytes = new Uint8Array(total);
  bytes.set(first.subarray(0, length));
  for (let at = length; at < total; at += length) {
    length = ops.sys_channel_receive(fd, at, bytes.subarray(at, at + PART_BYTES), received, head);
    if (length <= 0) return 'over';
  }
  acquire(numbers.getBigUint64(8, true));
  return { bytes, fds: [...received.subarray(0, numbers.getUint32(16, true))] };
}
