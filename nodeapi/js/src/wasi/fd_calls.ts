// `fd_*` of preview 1.

import { entries, read, write } from '../bindings/fs';
import { S_IFDIR, statBuffer, type } from '../stat';
import { errorName, UV } from '../uv';
import type { Calls, Guest } from './calls';
import { fileTypeOf, type Descriptor } from './descriptors';
import { Refused, succeeded } from './errors';
import { bytesOf } from './paths';
import { Right, rightsGiven } from './rights';

declare global {
  interface Ops {
    sys_lseek(fd: number, offset: bigint, whence: number): Result;
    sys_fallocate(fd: number, mode: number, offset: bigint, length: bigint): Result;
  }
}

const { ops } = host;
const AT_FDCWD = -100;
const AT_EMPTY_PATH = 0x1000;
const O_DIRECTORY = 0o200000;
const O_CLOEXEC = 0o2000000;
const F_GETFL = 3;
const F_SETFL = 4;
const DIRENT_BYTES = 24;
const OFFSET_MAX = 2n ** 63n - 1n;
const NS_PER_SECOND = 1_000_000_000n;
const ADVICE_MAX = 5;
const CURRENT = 1;
const END = 2;

/** `fdflags` and what they are for open(2). */
const FLAGS = [[1, 0o2000], [2, 0o10000], [4, 0o4000], [8, 0o4010000], [16, 0o4010000]] as const;

export function openFlags(fdflags: number): number {
  return FLAGS.reduce((flags, [flag, open]) => (fdflags & flag ? flags | open : flags), 0);
}

/** Writes the `filestat` of the last stat call. */
export function putFilestat({ memory }: Guest, address: number): void {
  const record = memory.view(address, 64);
  const stat = new DataView(statBuffer.buffer);
  const copy = (to: number, from: number): void => record.setBigUint64(to, stat.getBigUint64(from, true), true);
  copy(0, 0);
  copy(8, 8);
  record.setUint8(16, fileTypeOf(type()));
  record.setBigUint64(24, BigInt(stat.getUint32(20, true)), true);
  for (const [to, from] of [[32, 40], [40, 64], [48, 72], [56, 80]] as const) copy(to, from);
}

/** Refuses `fstflags` that are none, or want a time to be both given and now. */
export function checkTimes(flags: number): void {
  if (flags > 15 || (flags & 3) === 3 || (flags & 12) === 12) throw new Refused('EINVAL');
}

/** Times of a file, in whole seconds, from what the guest gives and what the last stat call found. */
export function timesOf(access: bigint, modification: bigint, flags: number): [access: bigint, modification: bigint] {
  const stat = new DataView(statBuffer.buffer);
  const now = BigInt(ops.sys_clock_gettime(0));
  const pick = (given: bigint, bits: number, at: number): bigint => {
    const time = bits & 2 ? now : bits & 1 ? given : stat.getBigInt64(at, true);
    return time / NS_PER_SECOND * NS_PER_SECOND;
  };
  return [pick(access, flags & 3, 64), pick(modification, flags >> 2, 72)];
}

type Transfer = (fd: number, bytes: Uint8Array, position: unknown) => Result;

function transferred(
  transfer: Transfer, right: number, { memory, descriptors }: Guest, number: number, [iovs, count, result]: [number, number, number],
  offset?: bigint,
): void {
  memory.check(iovs, 8 * count);
  memory.check(result, 4);
  if (offset !== undefined && offset > OFFSET_MAX) throw new Refused('EINVAL');
  const { fd } = descriptors.get(number, offset === undefined ? right : right | Right.FD_SEEK);
  const buffers = memory.buffers(iovs, count);
  let total = 0;
  for (const buffer of buffers) {
    if (buffer.length === 0) continue;
    const done = transfer(fd, buffer, offset === undefined ? undefined : offset + BigInt(total));
    if (done < 0 && total === 0) succeeded(done);
    if (done < 0) break;
    total += done;
    if (done < buffer.length) break;
  }
  memory.setU32(result, total);
}

function seek({ memory }: Guest, { fd }: Descriptor, offset: bigint, whence: number, result: number): void {
  memory.check(result, 8);
  if (whence > END) throw new Refused('EINVAL');
  memory.setU64(result, BigInt(succeeded(ops.sys_lseek(fd, offset, whence))));
}

function readdir({ memory, descriptors }: Guest, number: number, buffer: number, length: number, cookie: bigint, used: number): void {
  const { place } = descriptors.get(number, Right.FD_READDIR);
  const target = memory.bytes(buffer, length);
  memory.check(used, 4);
  const fd = succeeded(ops.sys_openat(AT_FDCWD, bytesOf(place === '' ? '/' : place), O_DIRECTORY | O_CLOEXEC, 0));
  const list = entries(fd);
  ops.sys_close(fd);
  if (typeof list === 'number') throw new Refused(errorName(list));
  let at = 0;
  for (let i = Number(cookie); i < list.length && at < length; i += 1) {
    const { name, kind } = list[i]!;
    if (at + DIRENT_BYTES > length) {
      at = length;
      break;
    }
    const record = memory.view(buffer + at, DIRENT_BYTES);
    record.setBigUint64(0, BigInt(i + 1), true);
    record.setBigUint64(8, 0n, true);
    record.setUint32(16, name.length, true);
    // `DT_*` of readdir(3) are a mode's type bits; a FIFO has no name here.
    record.setUint32(20, kind === 1 ? 0 : fileTypeOf(kind << 12), true);
    at += DIRENT_BYTES;
    const part = name.subarray(0, length - at);
    target.set(part, at);
    at += part.length;
  }
  memory.setU32(used, at);
}

function fdstat({ memory, descriptors }: Guest, number: number, address: number): void {
  const { fd, fileType, base, inheriting } = descriptors.get(number);
  const record = memory.view(address, 24);
  const flags = succeeded(ops.sys_fcntl(fd, F_GETFL, 0));
  record.setUint8(0, fileType);
  record.setUint16(2, flags, true);
  record.setBigUint64(8, BigInt(base), true);
  record.setBigUint64(16, BigInt(inheriting), true);
}

function setRights({ descriptors }: Guest, number: number, base: bigint, inheriting: bigint): void {
  const descriptor = descriptors.get(number);
  const [ours, theirs] = [rightsGiven(base), rightsGiven(inheriting)];
  if ((ours & ~descriptor.base) !== 0 || (theirs & ~descriptor.inheriting) !== 0) throw new Refused('ENOTCAPABLE');
  Object.assign(descriptor, { base: ours, inheriting: theirs });
}

function allocate({ descriptors }: Guest, number: number, offset: bigint, length: bigint): void {
  const { fd } = descriptors.get(number, Right.FD_ALLOCATE);
  const result = ops.sys_fallocate(fd, 0, offset, length);
  if (result !== UV.ENOTSUP) {
    succeeded(result);
    return;
  }
  // posix_fallocate(3) makes the file as long all the same.
  succeeded(ops.sys_fstat(fd, statBuffer));
  if (new DataView(statBuffer.buffer).getBigUint64(40, true) < offset + length) succeeded(ops.sys_ftruncate(fd, Number(offset + length)));
}

export const fdCalls: Calls = {
  fd_advise: ['iIIi', ({ descriptors }, number, _offset, _length, advice) => {
    if (advice > ADVICE_MAX) throw new Refused('EINVAL');
    const { fd } = descriptors.get(number, Right.FD_ADVISE);
    succeeded(ops.sys_fstat(fd, statBuffer));
    if (type() === S_IFDIR) throw new Refused('EBADF');
  }],
  fd_allocate: ['iII', allocate],
  fd_close: ['i', ({ descriptors }, number) => descriptors.close(number)],
  fd_datasync: ['i', ({ descriptors }, number) => void succeeded(ops.sys_fsync(descriptors.get(number, Right.FD_DATASYNC).fd))],
  fd_fdstat_get: ['ii', fdstat],
  fd_fdstat_set_flags: ['ii', ({ descriptors }, number, flags) => {
    succeeded(ops.sys_fcntl(descriptors.get(number, Right.FD_FDSTAT_SET_FLAGS).fd, F_SETFL, openFlags(flags)));
  }],
  fd_fdstat_set_rights: ['iII', setRights],
  fd_filestat_get: ['ii', (guest, number, address) => {
    const { fd } = guest.descriptors.get(number, Right.FD_FILESTAT_GET);
    succeeded(ops.sys_fstat(fd, statBuffer));
    putFilestat(guest, address);
  }],
  fd_filestat_set_size: ['iI', ({ descriptors }, number, size) => {
    succeeded(ops.sys_ftruncate(descriptors.get(number, Right.FD_FILESTAT_SET_SIZE).fd, Number(size)));
  }],
  fd_filestat_set_times: ['iIIi', ({ descriptors }, number, access, modification, flags) => {
    checkTimes(flags);
    const { fd } = descriptors.get(number, Right.FD_FILESTAT_SET_TIMES);
    succeeded(ops.sys_fstat(fd, statBuffer));
    succeeded(ops.sys_utimensat(fd, '', ...timesOf(access, modification, flags), AT_EMPTY_PATH));
  }],
  fd_pread: ['iiiIi', (guest, number, iovs, count, offset, result) => {
    transferred(read, Right.FD_READ, guest, number, [iovs, count, result], offset);
  }],
  fd_prestat_get: ['ii', ({ memory, descriptors }, number, address) => {
    const { name, isPreopened } = descriptors.get(number);
    memory.check(address, 8);
    if (!isPreopened) throw new Refused('EINVAL');
    memory.bytes(address, 1)[0] = 0;
    memory.setU32(address + 4, name.length);
  }],
  fd_prestat_dir_name: ['iii', ({ memory, descriptors }, number, address, length) => {
    const target = memory.bytes(address, length);
    const { name, isPreopened } = descriptors.get(number);
    if (!isPreopened) throw new Refused('EBADF');
    if (name.length > length) throw new Refused('ENOBUFS');
    target.set(bytesOf(name));
  }],
  fd_pwrite: ['iiiIi', (guest, number, iovs, count, offset, result) => {
    transferred(write, Right.FD_WRITE, guest, number, [iovs, count, result], offset);
  }],
  fd_read: ['iiii', (guest, number, ...rest: [number, number, number]) => {
    transferred(read, Right.FD_READ, guest, number, rest);
  }],
  fd_readdir: ['iiiIi', readdir],
  fd_renumber: ['ii', ({ descriptors }, from, to) => descriptors.renumber(from, to)],
  fd_seek: ['iIii', (guest, number, offset, whence, result) => {
    seek(guest, guest.descriptors.get(number, Right.FD_SEEK), BigInt.asIntN(64, offset), whence, result);
  }],
  fd_sync: ['i', ({ descriptors }, number) => void succeeded(ops.sys_fsync(descriptors.get(number, Right.FD_SYNC).fd))],
  fd_tell: ['ii', (guest, number, result) => seek(guest, guest.descriptors.get(number, Right.FD_TELL), 0n, CURRENT, result)],
  fd_write: ['iiii', (guest, number, ...rest: [number, number, number]) => {
    transferred(write, Right.FD_WRITE, guest, number, rest);
  }],
};
