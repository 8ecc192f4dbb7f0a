// `path_*` of preview 1.

import { S_IFDIR, statBuffer, type } from '../stat';
import type { Calls, Guest } from './calls';
import { Refused, succeeded } from './errors';
import { checkTimes, openFlags, putFilestat, timesOf } from './fd_calls';
import { byteString, resolved } from './paths';
import { Right, rightsGiven } from './rights';

const { ops } = host;
const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_REMOVEDIR = 0x200;
const O_CLOEXEC = 0o2000000;
const O_APPEND = 0o2000;
const O_TRUNC = 0o1000;
const PATH_BYTES_MAX = 4096;
const FOLLOW = 1;
/** `oflags` and what they are for open(2). */
const OPEN_FLAGS = [[1, 0o100], [2, 0o200000], [4, 0o200], [8, O_TRUNC]] as const;
const CREATE = 1;
const DIRECTORY = 2;
const TRUNCATE = 8;
const FD_DSYNC = 2;
const FD_SYNCS = 8 | 16;

/** Where a path in the guest's memory leads from one of its directories, on which it needs a right. */
function place({ memory, descriptors }: Guest, number: number, right: number, at: number, length: number, flags = 0): Uint8Array {
  const path = byteString(memory.bytes(at, length));
  return resolved(descriptors.get(number, right), path, (flags & FOLLOW) !== 0);
}

/** The call for one path. */
const onPath = (right: number, run: (path: Uint8Array) => Result) =>
  (guest: Guest, number: number, at: number, length: number): void => void succeeded(run(place(guest, number, right, at, length)));

function open(
  guest: Guest, number: number, lookup: number, at: number, length: number, oflags: number, base: bigint, inheriting: bigint,
  fdflags: number, result: number,
): void {
  const { memory, descriptors } = guest;
  memory.check(result, 4);
  const [ours, theirs] = [rightsGiven(base), rightsGiven(inheriting)];
  const reads = (ours & (Right.FD_READ | Right.FD_READDIR)) !== 0;
  const writes = (ours & (Right.FD_DATASYNC | Right.FD_WRITE | Right.FD_ALLOCATE | Right.FD_FILESTAT_SET_SIZE)) !== 0;
  let flags = (writes ? (reads ? 2 : 1) : 0) | openFlags(fdflags);
  for (const [flag, open] of OPEN_FLAGS) if (oflags & flag) flags |= open;
  let needed = Right.PATH_OPEN;
  if (oflags & CREATE) needed |= Right.PATH_CREATE_FILE;
  if (oflags & TRUNCATE) needed |= Right.PATH_FILESTAT_SET_SIZE;
  let handedOn = ours | theirs;
  if (fdflags & FD_DSYNC) handedOn |= Right.FD_DATASYNC;
  if (fdflags & FD_SYNCS) handedOn |= Right.FD_SYNC;
  if (writes && (flags & (O_APPEND | O_TRUNC)) === 0) handedOn |= Right.FD_SEEK;
  const directory = descriptors.get(number, needed, handedOn);
  const path = resolved(directory, byteString(memory.bytes(at, length)), (lookup & FOLLOW) !== 0);
  const fd = succeeded(ops.sys_openat(AT_FDCWD, path, flags | O_CLOEXEC, 0o666));
  try {
    succeeded(ops.sys_fstat(fd, statBuffer));
    const text = byteString(path);
    if (type() !== S_IFDIR && ((oflags & DIRECTORY) !== 0 || text.endsWith('/'))) throw new Refused('ENOTDIR');
    const opened = descriptors.add(fd, { name: text, place: text === '/' ? '' : text, accessFlags: flags });
    const made = descriptors.get(opened);
    made.base &= ours;
    made.inheriting &= theirs;
    memory.setU32(result, opened);
  } catch (error) {
    ops.sys_close(fd);
    throw error;
  }
}

function readlink(guest: Guest, number: number, at: number, length: number, buffer: number, size: number, used: number): void {
  const target = guest.memory.bytes(buffer, size);
  guest.memory.check(used, 4);
  const text = new Uint8Array(PATH_BYTES_MAX);
  const count = succeeded(ops.sys_readlinkat(AT_FDCWD, place(guest, number, Right.PATH_READLINK, at, length), text));
  if (count >= size) throw new Refused('ENOBUFS');
  target.set(text.subarray(0, count));
  target[count] = 0;
  guest.memory.setU32(used, count);
}

function symlink(guest: Guest, oldAt: number, oldLength: number, number: number, newAt: number, newLength: number): void {
  const target = guest.memory.bytes(oldAt, oldLength);
  const directory = guest.descriptors.get(number, Right.PATH_SYMLINK);
  if (target[0] === 47) throw new Refused('EPERM');
  // What a link says must be inside as well.
  resolved(directory, byteString(target), false);
  succeeded(ops.sys_symlinkat(target, AT_FDCWD, place(guest, number, Right.PATH_SYMLINK, newAt, newLength)));
}

export const pathCalls: Calls = {
  path_create_directory: ['iii', onPath(Right.PATH_CREATE_DIRECTORY, (path) => ops.sys_mkdirat(AT_FDCWD, path, 0o777))],
  path_filestat_get: ['iiiii', (guest, number, flags, at, length, address) => {
    guest.memory.check(address, 64);
    const path = place(guest, number, Right.PATH_FILESTAT_GET, at, length, flags);
    succeeded(ops.sys_fstatat(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, statBuffer));
    putFilestat(guest, address);
  }],
  path_filestat_set_times: ['iiiiIIi', (guest, number, flags, at, length, access, modification, which) => {
    checkTimes(which);
    const path = place(guest, number, Right.PATH_FILESTAT_SET_TIMES, at, length, flags);
    succeeded(ops.sys_fstatat(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, statBuffer));
    succeeded(ops.sys_utimensat(AT_FDCWD, path, ...timesOf(access, modification, which), AT_SYMLINK_NOFOLLOW));
  }],
  path_link: ['iiiiiii', (guest, from, flags, oldAt, oldLength, to, newAt, newLength) => {
    const source = place(guest, from, Right.PATH_LINK_SOURCE, oldAt, oldLength, flags);
    const target = place(guest, to, Right.PATH_LINK_TARGET, newAt, newLength);
    succeeded(ops.sys_linkat(AT_FDCWD, source, AT_FDCWD, target, 0));
  }],
  path_open: ['iiiiiIIii', open],
  path_readlink: ['iiiiii', readlink],
  path_remove_directory: ['iii', onPath(Right.PATH_REMOVE_DIRECTORY, (path) => ops.sys_unlinkat(AT_FDCWD, path, AT_REMOVEDIR))],
  path_rename: ['iiiiii', (guest, from, oldAt, oldLength, to, newAt, newLength) => {
    const source = place(guest, from, Right.PATH_RENAME_SOURCE, oldAt, oldLength);
    const target = place(guest, to, Right.PATH_RENAME_TARGET, newAt, newLength);
    succeeded(ops.sys_renameat(AT_FDCWD, source, AT_FDCWD, target, 0));
  }],
  path_symlink: ['iiiii', symlink],
  path_unlink_file: ['iii', onPath(Right.PATH_UNLINK_FILE, (path) => ops.sys_unlinkat(AT_FDCWD, path, 0))],
};
