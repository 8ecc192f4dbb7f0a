// `fs.cpSync`'s native half, as CpSyncCheckPaths, CpSyncOverrideFile and CpSyncCopyDir of src/node_file.cc.

import { S_IFDIR, S_IFIFO, S_IFLNK, S_IFREG, S_IFSOCK, identity, mode, statBuffer, statsArray, type } from './stat';
import { UV, uvException } from './uv';

const { ops } = host;
const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;
const O_DIRECTORY = 0o200000;
const PATH_MAX = 4096;

type Path = string;

function check(result: Result, syscall: string, path: Path, dest?: Path): void {
  if (result < 0) throw uvException(result, syscall, undefined, path, dest);
}

function failure(code: string, message: string): Error {
  const error: any = new Error(message);
  error.code = code;
  return error;
}

interface Found { kind: number; id: string }

/** What is at a path; `-errno` when nothing is, or it cannot be seen. */
function look(path: Path, follow: boolean): Found | Result {
  const result = ops.sys_fstatat(AT_FDCWD, path, follow ? 0 : AT_SYMLINK_NOFOLLOW, statBuffer);
  return result < 0 ? result : { kind: type(), id: identity() };
}

const found = (path: Path, follow: boolean): Found | undefined => {
  const what = look(path, follow);
  return typeof what === 'number' ? undefined : what;
};

/** The path without its last name; a root is its own. */
const parent = (path: Path): Path => path.replace(/\/+[^/]*\/*$/, '') || (path.startsWith('/') ? '/' : '.');

export function cpSyncCheckPaths(from: Path, to: Path, dereference: boolean, recursive: boolean): void {
  const source = look(from, dereference);
  if (typeof source === 'number') throw uvException(source, dereference ? 'stat' : 'lstat', undefined, from);
  const isDirectory = source.kind === S_IFDIR;
  const target = found(to, dereference);
  if (target !== undefined) {
    // As std::filesystem::equivalent, which follows links.
    const same = found(from, true)?.id;
    if (same !== undefined && same === found(to, true)?.id) throw failure('ERR_FS_CP_EINVAL', `src and dest cannot be the same ${to}`);
    const ontoDirectory = target.kind === S_IFDIR;
    if (isDirectory && !ontoDirectory) {
      throw failure('ERR_FS_CP_DIR_TO_NON_DIR', `Cannot overwrite non-directory ${to} with directory ${from}`);
    }
    if (!isDirectory && ontoDirectory) {
      throw failure('ERR_FS_CP_NON_DIR_TO_DIR', `Cannot overwrite directory ${to} with non-directory ${from}`);
    }
  }
  checkNotInside(from, to, isDirectory);
  if (isDirectory && !recursive) {
    throw failure('ERR_FS_EISDIR', `Recursive option not enabled, cannot copy a directory: ${withSlash(from)}`);
  }
  checkKind(source.kind, to);
  host.loadGlue('fs_tree').makeDirectories(parent(to), 0o777);
}

const withSlash = (path: Path): Path => (path.endsWith('/') ? path : `${path}/`);

/** That the target is not below the source, by its name or through links. */
function checkNotInside(from: Path, to: Path, isDirectory: boolean): void {
  const inside = (): Error => failure('ERR_FS_CP_EINVAL', `Cannot copy ${withSlash(from)} to a subdirectory of self ${to}`);
  if (isDirectory && to.startsWith(withSlash(from))) throw inside();
  const above = parent(from);
  const source = found(from, true)?.id;
  for (let at = parent(to); at !== above && at !== parent(at); at = parent(at)) {
    const here = found(at, true)?.id;
    if (here === undefined) return;
    if (here === source) throw inside();
  }
}

function checkKind(kind: number, to: Path): void {
  if (kind === S_IFSOCK) throw failure('ERR_FS_CP_SOCKET', `Cannot copy a socket file: ${to}`);
  if (kind === S_IFIFO) throw failure('ERR_FS_CP_FIFO_PIPE', `Cannot copy a FIFO pipe: ${to}`);
}

export function cpSyncOverrideFile(from: Path, to: Path, flags: number, preserveTimestamps: boolean): void {
  check(ops.sys_unlinkat(AT_FDCWD, to, 0), 'cp', to);
  copyOne(from, to, flags ?? 0, preserveTimestamps);
}

function copyOne(from: Path, to: Path, flags: number, preserveTimestamps: boolean): void {
  const result = host.loadGlue('bindings/fs').copyFile(from, to, flags);
  if (typeof result === 'number') check(result, 'cp', from, to);
  if (preserveTimestamps) {
    check(ops.sys_fstatat(AT_FDCWD, from, 0, statBuffer), 'cp', from);
    const times = statsArray(true) as BigInt64Array;
    ops.sys_utimensat(AT_FDCWD, to, times[10]! * 1_000_000_000n + times[11]!, times[12]! * 1_000_000_000n + times[13]!, 0);
  }
}

interface Rules { force: boolean; dereference: boolean; errorOnExist: boolean; verbatim: boolean; preserveTimestamps: boolean }

export function cpSyncCopyDir(
  from: Path, to: Path, force: boolean, dereference: boolean, errorOnExist: boolean, verbatim: boolean, preserveTimestamps: boolean,
): void {
  copyDirectory(from, to, { force, dereference, errorOnExist, verbatim, preserveTimestamps });
}

function copyDirectory(from: Path, to: Path, rules: Rules): void {
  check(ops.sys_fstatat(AT_FDCWD, from, 0, statBuffer), 'cp', from);
  const bits = mode() & 0o7777;
  const fresh = found(to, true) === undefined;
  const made = host.loadGlue('fs_tree').makeDirectories(to, 0o777);
  if (typeof made === 'number') check(made, 'cp', to);
  if (fresh) check(ops.sys_fchmodat(AT_FDCWD, to, bits, 0), 'cp', to);
  const fs = host.loadGlue('bindings/fs');
  const { utf8Text } = host.loadGlue('bindings/buffer');
  const fd = fs.open(from, O_DIRECTORY, 0);
  check(fd, 'cp', from);
  const list = fs.entries(fd);
  ops.sys_close(fd);
  if (typeof list === 'number') check(list, 'cp', from);
  for (const entry of list) {
    const name = utf8Text(entry.name);
    copyEntry(`${from}/${name}`, `${to}/${name}`, rules);
  }
}

function copyEntry(from: Path, to: Path, rules: Rules): void {
  const kind = found(from, rules.dereference)?.kind;
  if (kind === S_IFDIR) return copyDirectory(from, to, rules);
  if (kind === S_IFLNK) return copyLink(from, to, rules);
  if (kind === undefined) return undefined;
  checkKind(kind, to);
  if (found(to, false) !== undefined) {
    if (!rules.force) {
      if (rules.errorOnExist) {
        throw failure('ERR_FS_CP_EEXIST', `[ERR_FS_CP_EEXIST]: Target already exists: cp returned EEXIST (${to} already exists)`);
      }
      return undefined;
    }
    if (kind === S_IFREG) check(ops.sys_unlinkat(AT_FDCWD, to, 0), 'cp', to);
  }
  return copyOne(from, to, 0, rules.preserveTimestamps);
}

/** Where a link leads, made absolute by the place of the link. */
function destination(link: Path): string {
  const buffer = new Uint8Array(PATH_MAX);
  const length = ops.sys_readlinkat(AT_FDCWD, link, buffer);
  check(length, 'cp', link);
  const { utf8Text } = host.loadGlue('bindings/buffer');
  return utf8Text(buffer.subarray(0, length));
}

/** The path without `.`, `..` and doubled slashes; no link is followed. */
function absolute(target: string, link: Path): string {
  if (target.startsWith('/')) return target;
  const names: string[] = [];
  for (const name of `${parent(link)}/${target}`.split('/')) {
    if (name === '..') names.pop();
    else if (name !== '' && name !== '.') names.push(name);
  }
  return `/${names.join('/')}`;
}

const below = (path: string, directory: string): boolean => path === directory || path.startsWith(withSlash(directory));

function copyLink(from: Path, to: Path, rules: Rules): void {
  const plain = destination(from);
  const target = rules.verbatim ? plain : absolute(plain, from);
  const there = found(to, false);
  if (there !== undefined) {
    if (there.kind !== S_IFLNK) {
      const error: any = new Error(`EEXIST, File exists '${to}'`);
      throw Object.assign(error, { errno: -UV.EEXIST, code: 'EEXIST', path: to, syscall: 'cp' });
    }
    const old = absolute(destination(to), to);
    const isDirectory = found(from, true)?.kind === S_IFDIR;
    if (isDirectory && below(old, absolute(plain, from))) {
      throw failure('ERR_FS_CP_EINVAL', `Cannot copy ${absolute(plain, from)} to a subdirectory of self ${old}`);
    }
    if (found(to, true)?.kind === S_IFDIR && below(absolute(plain, from), old)) {
      throw failure('ERR_FS_CP_SYMLINK_TO_SUBDIRECTORY', `cannot overwrite ${old} with ${absolute(plain, from)}`);
    }
    check(ops.sys_unlinkat(AT_FDCWD, to, 0), 'cp', to);
  }
  check(ops.sys_symlinkat(target, AT_FDCWD, to), 'cp', from, to);
}
