// The rest of preview 1: arguments, clocks, randomness, the end of the program, waiting, sockets.

import { POLLHUP, POLLIN, POLLOUT, POLLRDHUP } from '../loop';
import { UV } from '../uv';
import type { Calls, Guest } from './calls';
import { Refused, succeeded, wasiError } from './errors';
import { Right, SOCKET_RIGHTS } from './rights';

declare global {
  interface Ops {
    sys_poll(fds: Bytes, timeoutNs: bigint, ready: Bytes): Result;
  }
}

const { ops } = host;
const CLOCKS = 4;
const SHUT_WR = 1;
const SUBSCRIPTION_BYTES = 48;
const EVENT_BYTES = 32;
/** As many as a call may wait for. */
const SUBSCRIPTIONS_MAX = 1024;
const CLOCK = 0;
const FD_READ = 1;
const FD_WRITE = 2;
const HANGUP = 1;
const RANDOM_BYTES_MAX = 65536;

/** Linux's number of a signal; 0 for one that has none. */
function signalOf(number: number): number {
  if (number >= 1 && number <= 15) return number;
  if (number >= 16 && number <= 25) return number + 1;
  return number === 30 ? 31 : 0;
}

const putSizes = ({ memory }: Guest, count: number, bytes: number, strings: Uint8Array[]): void => {
  memory.setU32(count, strings.length);
  memory.setU32(bytes, strings.reduce((total, text) => total + text.length + 1, 0));
};

interface Wait { userdata: bigint; fd: number; events: number; type: number; error: number }

/** What is waited for, and for how long at most: the earliest clock. */
function subscriptions({ memory, descriptors }: Guest, from: number, count: number): [Wait[], { userdata: bigint; ns: bigint } | undefined] {
  const waits: Wait[] = [];
  let clock: { userdata: bigint; ns: bigint } | undefined;
  for (let i = 0; i < count; i += 1) {
    const record = memory.view(from + SUBSCRIPTION_BYTES * i, SUBSCRIPTION_BYTES);
    const [userdata, type] = [record.getBigUint64(0, true), record.getUint8(8)];
    if (type === CLOCK) {
      const isAbsolute = (record.getUint16(40, true) & 1) !== 0;
      const timeout = record.getBigUint64(24, true);
      const now = isAbsolute ? BigInt(ops.sys_clock_gettime(record.getUint32(16, true) === 1 ? 1 : 0)) : 0n;
      const ns = timeout > now ? timeout - now : 0n;
      if (clock === undefined || ns < clock.ns) clock = { userdata, ns };
      continue;
    }
    if (type !== FD_READ && type !== FD_WRITE) throw new Refused('EINVAL');
    const wait: Wait = { userdata, fd: -1, events: type === FD_READ ? POLLIN : POLLOUT, type, error: 0 };
    try {
      wait.fd = descriptors.get(record.getUint32(16, true), Right.POLL_FD_READWRITE | (type === FD_READ ? Right.FD_READ : Right.FD_WRITE)).fd;
    } catch (error) {
      if (!(error instanceof Refused) || error.errno !== wasiError('EBADF')) throw error;
      wait.error = error.errno;
    }
    waits.push(wait);
  }
  return [waits, clock];
}

/** What there is to each, in the order of `waits`. */
function awaited(waits: Wait[], timeoutNs: bigint): number[] {
  const asked = new DataView(new ArrayBuffer(8 * waits.length));
  waits.forEach(({ fd, events }, i) => {
    asked.setInt32(8 * i, fd, true);
    asked.setUint16(8 * i + 4, events | POLLRDHUP, true);
  });
  const ready = new DataView(new ArrayBuffer(8 * waits.length));
  for (;;) {
    const result = ops.sys_poll(new Uint8Array(asked.buffer), timeoutNs, new Uint8Array(ready.buffer));
    if (result === UV.EINTR) continue;
    succeeded(result);
    return waits.map((_, i) => ready.getUint16(8 * i + 6, true));
  }
}

function poll(guest: Guest, from: number, to: number, count: number, result: number): void {
  const { memory } = guest;
  if (count === 0 || count > SUBSCRIPTIONS_MAX) throw new Refused('EINVAL');
  memory.check(from, SUBSCRIPTION_BYTES * count);
  memory.check(to, EVENT_BYTES * count);
  memory.check(result, 4);
  const [waits, clock] = subscriptions(guest, from, count);
  const timeoutNs = waits.some(({ error }) => error !== 0) ? 0n : clock?.ns ?? -1n;
  const found = awaited(waits, timeoutNs > OFFSET_MAX ? -1n : timeoutNs);
  let events = 0;
  const put = (userdata: bigint, error: number, type: number, flags: number): void => {
    const record = memory.view(to + EVENT_BYTES * events, EVENT_BYTES);
    record.setBigUint64(0, userdata, true);
    record.setUint16(8, error, true);
    record.setUint8(10, type);
    record.setBigUint64(16, 0n, true);
    record.setUint16(24, flags, true);
    events += 1;
  };
  waits.forEach(({ userdata, type, error }, i) => {
    if (error !== 0 || found[i]! !== 0) put(userdata, error, type, found[i]! & (POLLHUP | POLLRDHUP) ? HANGUP : 0);
  });
  if (events === 0) put(clock?.userdata ?? 0n, 0, CLOCK, 0);
  memory.setU32(result, events);
}
const OFFSET_MAX = 2n ** 63n - 1n;

function random({ memory }: Guest, address: number, length: number): void {
  const target = memory.bytes(address, length);
  for (let at = 0; at < length; at += RANDOM_BYTES_MAX) {
    succeeded(host.ops.sys_getrandom(target.subarray(at, Math.min(length, at + RANDOM_BYTES_MAX))));
  }
}

/** A guest is given no sockets to listen on, so what there are are its standard streams. */
function socket({ descriptors }: Guest, number: number): number {
  return descriptors.get(number, SOCKET_RIGHTS).fd;
}

export const selfCalls: Calls = {
  args_get: ['ii', ({ memory, args }, addresses, buffer) => memory.putStrings(addresses, buffer, args)],
  args_sizes_get: ['ii', (guest, count, bytes) => putSizes(guest, count, bytes, guest.args)],
  clock_res_get: ['ii', ({ memory }, clock, address) => {
    memory.check(address, 8);
    if (clock >= CLOCKS) throw new Refused('EINVAL');
    memory.setU64(address, 1n);
  }],
  clock_time_get: ['iIi', ({ memory }, clock, _precision, address) => {
    memory.check(address, 8);
    if (clock >= CLOCKS) throw new Refused('EINVAL');
    memory.setU64(address, BigInt(succeeded(ops.sys_clock_gettime(clock))));
  }],
  environ_get: ['ii', ({ memory, environment }, addresses, buffer) => memory.putStrings(addresses, buffer, environment)],
  environ_sizes_get: ['ii', (guest, count, bytes) => putSizes(guest, count, bytes, guest.environment)],
};

export const processCalls: Calls = {
  poll_oneoff: ['iiii', poll],
  proc_exit: ['i', (_, status) => ops.program_exit(status)],
  proc_raise: ['i', (_, signal) => {
    const number = signalOf(signal);
    if (number === 0) throw new Refused('ENOSYS');
    succeeded(ops.sys_kill(ops.sys_getpid(), number));
  }],
  random_get: ['ii', random],
  sched_yield: ['', () => {}],
  sock_accept: ['iii', (guest, number) => {
    socket(guest, number);
    throw new Refused('ENOTSUP');
  }],
  sock_recv: ['iiiiii', (guest, number, iovs, count, flags, length, outFlags) => {
    if (flags !== 0) throw new Refused('ENOTSUP');
    const fd = socket(guest, number);
    const [buffer] = guest.memory.buffers(iovs, count);
    guest.memory.check(length, 4);
    guest.memory.bytes(outFlags, 2).fill(0);
    guest.memory.setU32(length, succeeded(ops.sys_read(fd, buffer ?? new Uint8Array(0))));
  }],
  sock_send: ['iiiii', (guest, number, iovs, count, flags, length) => {
    if (flags !== 0) throw new Refused('EINVAL');
    const fd = socket(guest, number);
    guest.memory.check(length, 4);
    let total = 0;
    for (const buffer of guest.memory.buffers(iovs, count)) total += succeeded(ops.sys_write(fd, buffer));
    guest.memory.setU32(length, total);
  }],
  sock_shutdown: ['ii', (guest, number, how) => {
    if (how & ~2) throw new Refused('ENOTSUP');
    const fd = socket(guest, number);
    if (how & 2) succeeded(ops.sys_shutdown(fd, SHUT_WR));
  }],
};
