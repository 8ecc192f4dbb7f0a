// Files. Each operation is one function that gives a value or `-errno`; `request` makes the sync, callback and promise forms.
// Where `fs.readFileSync` crosses into the kernel: `open` and `read` here, through `host.ops.sys_openat` and `sys_read`.

import { readAll, withoutThrowing } from '../files';
import { validFd, validMode } from '../fs_arguments';
import { cpSyncCheckPaths, cpSyncCopyDir, cpSyncOverrideFile } from '../fs_copy';
import { makeDirectories, makeTemporary, removeTree } from '../fs_tree';
import { FSReqCallback, kUsePromises, request, requestRead, type Outcome } from '../request';
import { S_IFDIR, statBuffer, statsArray, type } from '../stat';
import { StatWatcher } from '../stat_watcher';
import { errorName, pathText, UV, uvException } from '../uv';
import { FileHandle } from '../file_handle';
import { encodeBytes, parseEncoding, Encoding, utf8Text } from './buffer';
import { loaders } from '../realm';

type Path = string | Uint8Array;

declare global {
  interface Ops {
    sys_pread(fd: number, offset: number | bigint, buffer: Bytes): Result;
    sys_pwrite(fd: number, offset: number | bigint, bytes: Bytes): Result;
    sys_fstatat(dirfd: number, path: string | Bytes, flags: number, stat: Bytes): Result;
    sys_getdents(fd: number, buffer: Bytes): Result;
    sys_mkdirat(dirfd: number, path: string | Bytes, mode: number): Result;
    sys_unlinkat(dirfd: number, path: string | Bytes, flags: number): Result;
    sys_renameat(oldDir: number, oldPath: string | Bytes, newDir: number, newPath: string | Bytes, flags: number): Result;
    sys_linkat(oldDir: number, oldPath: string | Bytes, newDir: number, newPath: string | Bytes, flags: number): Result;
    sys_symlinkat(target: string | Bytes, dirfd: number, path: string | Bytes): Result;
    sys_readlinkat(dirfd: number, path: string | Bytes, buffer: Bytes): Result;
    sys_ftruncate(fd: number, length: number): Result;
    sys_fchmodat(dirfd: number, path: string | Bytes, mode: number, flags: number): Result;
    sys_fchownat(dirfd: number, path: string | Bytes, uid: number, gid: number, flags: number): Result;
    sys_utimensat(dirfd: number, path: string | Bytes, atimeNs: bigint, mtimeNs: bigint, flags: number): Result;
    sys_faccessat(dirfd: number, path: string | Bytes, mode: number, flags: number): Result;
    sys_fsync(fd: number): Result;
    sys_realpathat(dirfd: number, path: string | Bytes, buffer: Bytes): Result;
    sys_statfs(path: string | Bytes, buffer: Bytes): Result;
  }
}

const { ops } = host;
const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_REMOVEDIR = 0x200;
const AT_EMPTY_PATH = 0x1000;
const O_CLOEXEC = 0o2000000;
const O_DIRECTORY = 0o200000;
const O_EXCL = 0o200;
const O_CREAT = 0o100;
const O_WRONLY = 1;
const O_TRUNC = 0o1000;

/** `undefined` for success, for calls that give no value. */
const done = (result: Result): Outcome<undefined> => (result < 0 ? result : undefined);

export function open(path: Path, flags: number, mode: number): Result {
  const fd = ops.sys_openat(AT_FDCWD, path, flags | O_CLOEXEC, mode);
  if (fd >= 0 && !(typeof path === 'string' && path.startsWith('/dev/'))) opened.add(fd);
  return fd;
}

/** Descriptors of files that were opened by their names, which never wait; others (inherited ones) are asked before they are read. */
const opened = new Set<number>();

/** A part of a view as bytes. */
function part(buffer: ArrayBufferView, offset: number, length: number): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset + offset, length);
}

function positioned(position: unknown): boolean {
  return (typeof position === 'number' || typeof position === 'bigint') && position >= 0;
}

export function read(fd: number, view: Uint8Array, position: unknown): Result {
  let total = readOnce(fd, view, position);
  // A page's call carries no more than this, and who reads a file takes fewer bytes than were asked for as its end.
  while (total >= CALL_BYTES && total < view.length && (opened.has(fd) || positioned(position))) {
    const more = readOnce(fd, view.subarray(total), positioned(position) ? Number(position) + total : position);
    if (more <= 0) break;
    total += more;
  }
  return total;
}

/** `SLOT_BYTES` of the system calls. */
const CALL_BYTES = 256 << 10;

function readOnce(fd: number, view: Uint8Array, position: unknown): Result {
  return positioned(position) ? ops.sys_pread(fd, position as number, view) : ops.sys_read(fd, view);
}

/** Writes all that the descriptor takes at once. */
export function write(fd: number, bytes: Uint8Array, position: unknown): Result {
  for (;;) {
    const count = positioned(position) ? ops.sys_pwrite(fd, position as number, bytes) : ops.sys_write(fd, bytes);
    if (count !== UV.EINTR) return count;
  }
}

function readMany(fd: number, buffers: ArrayBufferView[], position: unknown): Result {
  let total = 0;
  for (const buffer of buffers) {
    const at = positioned(position) ? Number(position) + total : position;
    const count = read(fd, part(buffer, 0, buffer.byteLength), at);
    if (count < 0) return total > 0 ? total : count;
    total += count;
    if (count < buffer.byteLength) break;
  }
  return total;
}

function writeMany(fd: number, buffers: ArrayBufferView[], position: unknown): Result {
  let total = 0;
  for (const buffer of buffers) {
    const at = positioned(position) ? Number(position) + total : position;
    const count = write(fd, part(buffer, 0, buffer.byteLength), at);
    if (count < 0) return total > 0 ? total : count;
    total += count;
    if (count < buffer.byteLength) break;
  }
  return total;
}

/** With a `ctx` object Node wants the error there; otherwise by `request`. */
function withContext<T>(req: any, ctx: any, syscall: string, work: () => Outcome<T>): unknown {
  if (ctx === undefined) return request(req, syscall, undefined, undefined, work);
  const outcome = work();
  if (typeof outcome === 'number' && outcome < 0) {
    ctx.errno = outcome;
    ctx.code = errorName(outcome);
    ctx.syscall = syscall;
    return undefined;
  }
  return outcome;
}

function statAt(path: Path, flags: number): Result {
  return ops.sys_fstatat(AT_FDCWD, path, flags, statBuffer);
}

function statOperation(syscall: string, flags: number) {
  return (path: Path, bigint: boolean, req: any, throwIfNoEntry?: boolean): unknown => {
    if (req === undefined && throwIfNoEntry === false) {
      const result = statAt(path, flags);
      if (result === UV.ENOENT || result === UV.ENOTDIR) return undefined;
      if (result < 0) throw uvException(result, syscall, undefined, path);
      return statsArray(bigint);
    }
    return request(req, syscall, path, undefined, () => {
      const result = statAt(path, flags);
      return result < 0 ? result : statsArray(bigint);
    });
  };
}

interface Entry { name: Uint8Array; kind: number }

/** All entries of an open directory, or `-errno`. */
export function entries(fd: number): Entry[] | Result {
  const list: Entry[] = [];
  const buffer = new Uint8Array(32 << 10);
  const view = new DataView(buffer.buffer);
  for (;;) {
    const length = ops.sys_getdents(fd, buffer);
    if (length < 0) return length;
    if (length === 0) break;
    for (let at = 0; at + 19 <= length;) {
      const size = view.getUint16(at + 17, true);
      list.push({ name: buffer.slice(at + 19, at + 19 + size), kind: buffer[at + 16]! });
      at += 19 + size;
    }
  }
  return list;
}

/** `UV_DIRENT_*` of readdir(3)'s `DT_*`. */
export const direntType = (kind: number): number => ({ 8: 1, 4: 2, 10: 3, 1: 4, 12: 5, 2: 6, 6: 7 } as Record<number, number>)[kind] ?? 0;

function readdir(path: Path, encoding: unknown, withTypes: boolean): Outcome<unknown> {
  const fd = ops.sys_openat(AT_FDCWD, path, O_DIRECTORY | O_CLOEXEC, 0);
  if (fd < 0) return fd;
  const list = entries(fd);
  ops.sys_close(fd);
  if (typeof list === 'number') return list;
  // libuv sorts what scandir(3) gives, by bytes: one character is one byte in Latin-1.
  const keyed = list.map((entry) => ({ entry, key: ops.buffer_slice(entry.name, Encoding.LATIN1, 0, entry.name.length) }));
  keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  const plain = parseEncoding(encoding, Encoding.UTF8) === Encoding.UTF8;
  const names = keyed.map(({ entry, key }) => (plain && /^[\0-\x7f]*$/.test(key) ? key : encodeBytes(entry.name, encoding)));
  list.splice(0, list.length, ...keyed.map(({ entry }) => entry));
  return withTypes ? [names, list.map((entry) => direntType(entry.kind))] : names;
}

function pathResult(call: (buffer: Uint8Array) => Result, encoding: unknown): Outcome<unknown> {
  const buffer = new Uint8Array(4096);
  const length = call(buffer);
  return length < 0 ? length : encodeBytes(buffer.subarray(0, length), encoding);
}

export function copyFile(from: Path, to: Path, mode: number): Outcome<undefined> {
  const COPYFILE_EXCL = 1;
  const COPYFILE_FICLONE_FORCE = 4;
  if (mode & COPYFILE_FICLONE_FORCE) return UV.ENOTSUP;
  const source = ops.sys_openat(AT_FDCWD, from, O_CLOEXEC, 0);
  if (source < 0) return source;
  const stat = ops.sys_fstat(source, statBuffer);
  const bits = stat < 0 ? 0o666 : statsArray(false)[1] as number;
  if (stat >= 0 && type() === S_IFDIR) {
    ops.sys_close(source);
    return UV.EISDIR;
  }
  const flags = O_WRONLY | O_CREAT | O_CLOEXEC | (mode & COPYFILE_EXCL ? O_EXCL : O_TRUNC);
  const target = ops.sys_openat(AT_FDCWD, to, flags, bits & 0o7777);
  if (target < 0) {
    ops.sys_close(source);
    return target;
  }
  const buffer = new Uint8Array(256 << 10);
  let result: Result = 0;
  copying: for (;;) {
    const count = ops.sys_read(source, buffer);
    if (count <= 0) {
      result = count;
      break;
    }
    for (let at = 0; at < count;) {
      const written = write(target, buffer.subarray(at, count), undefined);
      if (written < 0) {
        result = written;
        break copying;
      }
      at += written;
    }
  }
  ops.sys_close(source);
  ops.sys_close(target);
  return done(result);
}

/** Seconds (a float) to nanoseconds, as libuv's `uv__fs_to_timespec`. */
function nanoseconds(time: number): bigint {
  let seconds = Math.trunc(time);
  let rest = Math.trunc((time - seconds) * 1e9);
  if (rest < 0) {
    rest += 1e9;
    seconds -= 1;
  }
  return BigInt(seconds) * 1_000_000_000n + BigInt(rest);
}

/** 0 file, 1 directory, negative none. As `InternalModuleStat`. */
function internalModuleStat(path: string): number {
  const result = withoutThrowing(() => statAt(path, 0));
  return result < 0 ? result : type() === S_IFDIR ? 1 : 0;
}

function readFileUtf8(file: Path | number, flags: number): string {
  const fd = typeof file === 'number' ? file : open(file, flags, 0o666);
  if (fd < 0) throw uvException(fd, 'open', undefined, file);
  const bytes = readAll(fd);
  if (typeof file !== 'number') ops.sys_close(fd);
  if (typeof bytes === 'number') throw uvException(bytes, 'read', undefined, undefined);
  return utf8Text(bytes);
}

function writeFileUtf8(file: Path | number, text: string, flags: number, mode: number): void {
  const fd = typeof file === 'number' ? file : open(file, flags, mode);
  if (fd < 0) throw uvException(fd, 'open', undefined, file);
  const bytes = ops.encoding_encode_utf8(text);
  let result = 0;
  for (let at = 0; at < bytes.length && result >= 0;) {
    result = write(fd, bytes.subarray(at), undefined);
    at += result;
  }
  if (typeof file !== 'number') ops.sys_close(fd);
  if (result < 0) throw uvException(result, 'write', undefined, undefined);
}

const LEGACY_MAIN = ['', '.js', '.json', '.node', '/index.js', '/index.json', '/index.node', 'index.js', 'index.json', 'index.node'];

/** As `BindingData::LegacyMainResolve`: which of the legacy candidates exists. */
/** As `BindingData::LegacyMainResolve`: which of the names that a package's main can have is a file. */
function legacyMainResolve(directory: string, main: unknown, base?: unknown): number {
  const { codes } = loaders.require!('internal/errors');
  const { URL, fileURLToPath } = loaders.require!('internal/url');
  const root = directory.endsWith('/') ? directory : `${directory}/`;
  const named = typeof main !== 'string' ? undefined : main.startsWith('/') ? main : `${root}${main.replace(/^\.\//, '')}`;
  for (let i = named === undefined ? 7 : 0; i < LEGACY_MAIN.length; i += 1) {
    const candidate = `${i < 7 ? named! : root}${LEGACY_MAIN[i]}`;
    if (statAt(candidate, 0) >= 0 && type() !== S_IFDIR) return i;
  }
  if (typeof base !== 'string') throw new codes.ERR_INVALID_ARG_TYPE('base', ['string', 'URL'], base);
  const importer = fileURLToPath(new URL(base));
  const what = `package '${named ?? `${root}index.js`}' imported from ${importer}`;
  const error: any = new Error(`Cannot find ${what}`);
  error.code = 'ERR_MODULE_NOT_FOUND';
  throw error;
}

function statfs(path: Path, bigint: boolean): Outcome<unknown> {
  const buffer = new Uint8Array(48);
  const result = ops.sys_statfs(path, buffer);
  if (result < 0) return result;
  const [kind, blockBytes, blocks, free, files, filesFree] = new BigUint64Array(buffer.buffer) as unknown as bigint[];
  // Type, bsize, frsize, blocks, bfree, bavail, files, ffree.
  const values = [kind!, blockBytes!, blockBytes!, blocks!, free!, free!, files!, filesFree!];
  return bigint ? BigInt64Array.from(values) : Float64Array.from(values.map(Number));
}

/** An operation that only succeeds or fails: `(fd, …arguments, req?)`. */
function onDescriptor<A extends unknown[]>(syscall: string, work: (fd: number, ...rest: A) => Result) {
  const count = work.length - 1;
  return (given: unknown, ...rest: any[]): unknown => {
    const fd = validFd(given);
    return request(rest[count], syscall, undefined, undefined, () => done(work(fd, ...(rest as unknown as A))));
  };
}

export function create(): object {
  return {
    FSReqCallback,
    FileHandle,
    StatWatcher,
    kUsePromises,
    kFsStatsFieldsNumber: 18,
    statValues: new Float64Array(36),
    bigintStatValues: new BigInt64Array(36),
    ...content,
    ...metadata,
    ...tree,
  };
}

/** Opening, reading, writing. */
const content = {
  open: (path: Path, flags: number, mode: number, req?: any) =>
    request(req, 'open', path, undefined, () => open(path, flags, mode)),
  openFileHandle: (path: Path, flags: number, mode: number, req?: any) => request(req, 'open', path, undefined, () => {
    const fd = open(path, flags, mode);
    return fd < 0 ? fd : new FileHandle(fd);
  }),
  close(given: unknown, req?: any): unknown {
    const fd = validFd(given);
    opened.delete(fd);
    return request(req, 'close', undefined, undefined, () => done(ops.sys_close(fd)));
  },
  read(given: unknown, buffer: ArrayBufferView, offset: number, length: number, position: unknown, req?: any): unknown {
    const fd = validFd(given);
    const work = (): Result => read(fd, part(buffer, offset, length), position);
    return opened.has(fd) || positioned(position) ? request(req, 'read', undefined, undefined, work) : requestRead(req, fd, work);
  },
  readBuffers(given: unknown, buffers: ArrayBufferView[], position: unknown, req?: any): unknown {
    const fd = validFd(given);
    const work = (): Result => readMany(fd, buffers, position);
    return opened.has(fd) || positioned(position) ? request(req, 'read', undefined, undefined, work) : requestRead(req, fd, work);
  },
  writeBuffer(
    given: unknown, buffer: ArrayBufferView, offset: number, length: number, position: unknown, req?: any, ctx?: any,
  ): unknown {
    const fd = validFd(given);
    return withContext(req, ctx, 'write', () => write(fd, part(buffer, offset, length), position));
  },
  writeBuffers(given: unknown, buffers: ArrayBufferView[], position: unknown, req?: any): unknown {
    const fd = validFd(given);
    return request(req, 'write', undefined, undefined, () => writeMany(fd, buffers, position));
  },
  writeString(given: unknown, text: string, position: unknown, encoding: unknown, req?: any, ctx?: any): unknown {
    const fd = validFd(given);
    // As ParseEncoding: what is no name of an encoding (a length, where callers confuse the forms of write) means UTF-8.
    const number = parseEncoding(typeof encoding === 'string' ? encoding : undefined, Encoding.UTF8);
    const room = number === Encoding.UTF8 ? ops.buffer_byte_length_utf8(text) : text.length * 2;
    const buffer = new Uint8Array(room);
    const bytes = buffer.subarray(0, ops.buffer_write(buffer, text, number, 0, room));
    return withContext(req, ctx, 'write', () => write(fd, bytes, position));
  },
  readFileUtf8,
  writeFileUtf8,
  copyFile(from: Path, to: Path, mode: unknown, req?: any): unknown {
    const flags = validMode(mode, 7);
    return request(req, 'copyfile', from, to, () => copyFile(from, to, flags));
  },
  ftruncate: onDescriptor('ftruncate', (fd, length: number) => ops.sys_ftruncate(fd, length)),
  fsync: onDescriptor('fsync', (fd) => ops.sys_fsync(fd)),
  fdatasync: onDescriptor('fdatasync', (fd) => ops.sys_fsync(fd)),
};

/** Metadata. */
const metadata = {
  stat: statOperation('stat', 0),
  lstat: statOperation('lstat', AT_SYMLINK_NOFOLLOW),
  fstat(given: unknown, bigint: boolean, req?: any, shouldNotThrow?: boolean): unknown {
    const fd = validFd(given);
    const work = (): Outcome<unknown> => {
      const result = ops.sys_fstat(fd, statBuffer);
      return result < 0 ? result : statsArray(bigint);
    };
    if (req === undefined && shouldNotThrow === true) {
      const outcome = work();
      if (typeof outcome === 'number') throw uvException(outcome, 'fstat');
      return outcome;
    }
    return request(req, 'fstat', undefined, undefined, work);
  },
  statfs: (path: Path, bigint: boolean, req?: any) => request(req, 'statfs', path, undefined, () => statfs(path, bigint)),
  access(path: Path, mode: unknown, req?: any): unknown {
    const bits = validMode(mode, 7);
    return request(req, 'access', path, undefined, () => done(ops.sys_faccessat(AT_FDCWD, path, bits, 0)));
  },
  existsSync: (path: Path) => ops.sys_faccessat(AT_FDCWD, path, 0, 0) >= 0,
  chmod: (path: Path, mode: number, req?: any) =>
    request(req, 'chmod', path, undefined, () => done(ops.sys_fchmodat(AT_FDCWD, path, mode, 0))),
  fchmod: onDescriptor('fchmod', (fd, mode: number) => ops.sys_fchmodat(fd, '', mode, AT_EMPTY_PATH)),
  chown: (path: Path, uid: number, gid: number, req?: any) =>
    request(req, 'chown', path, undefined, () => done(ops.sys_fchownat(AT_FDCWD, path, uid, gid, 0))),
  lchown: (path: Path, uid: number, gid: number, req?: any) =>
    request(req, 'lchown', path, undefined, () => done(ops.sys_fchownat(AT_FDCWD, path, uid, gid, AT_SYMLINK_NOFOLLOW))),
  fchown: onDescriptor('fchown', (fd, uid: number, gid: number) => ops.sys_fchownat(fd, '', uid, gid, AT_EMPTY_PATH)),
  utimes: (path: Path, atime: number, mtime: number, req?: any) => request(req, 'utime', path, undefined, () =>
    done(ops.sys_utimensat(AT_FDCWD, path, nanoseconds(atime), nanoseconds(mtime), 0))),
  lutimes: (path: Path, atime: number, mtime: number, req?: any) => request(req, 'lutime', path, undefined, () =>
    done(ops.sys_utimensat(AT_FDCWD, path, nanoseconds(atime), nanoseconds(mtime), AT_SYMLINK_NOFOLLOW))),
  futimes: onDescriptor('futime', (fd, atime: number, mtime: number) =>
    ops.sys_utimensat(fd, '', nanoseconds(atime), nanoseconds(mtime), AT_EMPTY_PATH)),
  internalModuleStat: (...args: any[]) => internalModuleStat(typeof args[0] === 'string' ? args[0] : args[1]),
  legacyMainResolve,
  getFormatOfExtensionlessFile(path: string): number {
    const fd = open(path, 0, 0);
    if (fd < 0) return 0;
    const magic = new Uint8Array(4);
    const count = ops.sys_read(fd, magic);
    ops.sys_close(fd);
    return count === 4 && magic[0] === 0 && magic[1] === 0x61 && magic[2] === 0x73 && magic[3] === 0x6d ? 1 : 0;
  },
};

/** Names and directories. */
const tree = {
  readdir: (path: Path, encoding: unknown, withTypes: boolean, req?: any) =>
    request(req, 'scandir', path, undefined, () => readdir(path, encoding, withTypes)),
  mkdir: (path: Path, mode: number, recursive: boolean, req?: any) => request(req, 'mkdir', path, undefined, () =>
    (recursive ? makeDirectories(pathText(path), mode) : done(ops.sys_mkdirat(AT_FDCWD, path, mode)))),
  mkdtemp: (prefix: Path, encoding: unknown, req?: any) => request(req, 'mkdtemp', `${pathText(prefix)}XXXXXX`, undefined, () => {
    const made = makeTemporary(pathText(prefix));
    return typeof made === 'number' ? made : encodeBytes(ops.encoding_encode_utf8(made), encoding);
  }),
  rmdir: (path: Path, req?: any) => request(req, 'rmdir', path, undefined, () => done(ops.sys_unlinkat(AT_FDCWD, path, AT_REMOVEDIR))),
  cpSyncCheckPaths,
  cpSyncOverrideFile,
  cpSyncCopyDir,
  unlink: (path: Path, req?: any) => request(req, 'unlink', path, undefined, () => done(ops.sys_unlinkat(AT_FDCWD, path, 0))),
  rmSync: (path: Path, _retries: number, recursive: boolean) => removeTree(path, recursive),
  rename: (from: Path, to: Path, req?: any) =>
    request(req, 'rename', from, to, () => done(ops.sys_renameat(AT_FDCWD, from, AT_FDCWD, to, 0))),
  link: (from: Path, to: Path, req?: any) =>
    request(req, 'link', from, to, () => done(ops.sys_linkat(AT_FDCWD, from, AT_FDCWD, to, 0))),
  symlink: (target: Path, path: Path, _flags: number, req?: any) =>
    request(req, 'symlink', target, path, () => done(ops.sys_symlinkat(target, AT_FDCWD, path))),
  readlink: (path: Path, encoding: unknown, req?: any) =>
    request(req, 'readlink', path, undefined, () => pathResult((buffer) => ops.sys_readlinkat(AT_FDCWD, path, buffer), encoding)),
  realpath: (path: Path, encoding: unknown, req?: any) =>
    request(req, 'realpath', path, undefined, () => pathResult((buffer) => ops.sys_realpathat(AT_FDCWD, path, buffer), encoding)),
};

