// `fs.cpSync`'s native half, as CpSyncCheckPaths, CpSyncOverrideFile and CpSyncCopyDir of src/node_file.cc.

import { S_IFDIR, S_IFLNK, statBuffer, statsArray, type } from './stat';
import { uvException } from './uv';

const { ops } = host;
const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;

type Path = string;

function check(result: Result, syscall: string, path: Path, dest?: Path): void {
  if (result < 0) throw uvException(result, syscall, undefined, path, dest);
}

function failure(code: string, message: string): Error {
  const error: any = new Error(message);
  error.code = code;
  return error;
}

function typeOf(path: Path, follow: boolean): number | undefined {
  return ops.sys_fstatat(AT_FDCWD, path, follow ? 0 : AT_SYMLINK_NOFOLLOW, statBuffer) < 0 ? undefined : type();
}

export function cpSyncCheckPaths(from: Path, to: Path, dereference: boolean, recursive: boolean): void {
  const result = ops.sys_fstatat(AT_FDCWD, from, dereference ? 0 : AT_SYMLINK_NOFOLLOW, statBuffer);
  check(result, 'cp', from);
  const isDirectory = type() === S_IFDIR;
  if (isDirectory && !recursive) {
    throw failure('ERR_FS_EISDIR', `Recursive option not enabled, cannot copy a directory: ${from}`);
  }
  const target = typeOf(to, dereference);
  if (target !== undefined && isDirectory && target !== S_IFDIR) {
    throw failure('ERR_FS_CP_DIR_TO_NON_DIR', `Cannot overwrite non-directory ${to} with directory ${from}`);
  }
  if (target === S_IFDIR && !isDirectory) {
    throw failure('ERR_FS_CP_NON_DIR_TO_DIR', `Cannot overwrite directory ${to} with non-directory ${from}`);
  }
  if (isDirectory && `${to}/`.startsWith(`${from}/`)) {
    throw failure('ERR_FS_CP_EINVAL', `Cannot copy ${from} to a subdirectory of self ${to}`);
  }
  host.loadGlue('fs_tree').makeDirectories(to.replace(/\/+[^/]*\/*$/, '') || '/', 0o777);
}

export function cpSyncOverrideFile(from: Path, to: Path, mode: number, preserveTimestamps: boolean): void {
  check(ops.sys_unlinkat(AT_FDCWD, to, 0), 'cp', to);
  copyOne(from, to, mode ?? 0, preserveTimestamps);
}

function copyOne(from: Path, to: Path, mode: number, preserveTimestamps: boolean): void {
  const result = host.loadGlue('bindings/fs').copyFile(from, to, mode);
  if (typeof result === 'number') check(result, 'cp', from, to);
  if (preserveTimestamps) {
    check(ops.sys_fstatat(AT_FDCWD, from, 0, statBuffer), 'cp', from);
    const times = statsArray(true) as BigInt64Array;
    ops.sys_utimensat(AT_FDCWD, to, times[10]! * 1_000_000_000n + times[11]!, times[12]! * 1_000_000_000n + times[13]!, 0);
  }
}

export function cpSyncCopyDir(
  from: Path, to: Path, force: boolean, dereference: boolean, errorOnExist: boolean, verbatim: boolean, preserveTimestamps: boolean,
): void {
  const made = host.loadGlue('fs_tree').makeDirectories(to, 0o777);
  if (typeof made === 'number') check(made, 'cp', to);
  const fs = host.loadGlue('bindings/fs');
  const { utf8Text } = host.loadGlue('bindings/buffer');
  const fd = fs.open(from, 0o200000, 0);
  check(fd, 'cp', from);
  const list = fs.entries(fd);
  ops.sys_close(fd);
  if (typeof list === 'number') check(list, 'cp', from);
  for (const entry of list) {
    const name = utf8Text(entry.name);
    const source = `${from}/${name}`;
    const target = `${to}/${name}`;
    const kind = typeOf(source, dereference);
    if (kind === S_IFDIR) {
      cpSyncCopyDir(source, target, force, dereference, errorOnExist, verbatim, preserveTimestamps);
      continue;
    }
    const exists = typeOf(target, false) !== undefined;
    if (exists && !force) {
      if (errorOnExist) throw failure('ERR_FS_CP_EEXIST', `[ERR_FS_CP_EEXIST]: Target already exists: cp returned EEXIST (${target} already exists) ${target}`);
      continue;
    }
    if (exists) check(ops.sys_unlinkat(AT_FDCWD, target, 0), 'cp', target);
    if (kind === S_IFLNK) copyLink(source, target, verbatim);
    else copyOne(source, target, 0, preserveTimestamps);
  }
}

function copyLink(from: Path, to: Path, verbatim: boolean): void {
  const buffer = new Uint8Array(4096);
  const length = ops.sys_readlinkat(AT_FDCWD, from, buffer);
  check(length, 'cp', from);
  const { utf8Text } = host.loadGlue('bindings/buffer');
  let target: string = utf8Text(buffer.subarray(0, length));
  if (!verbatim && !target.startsWith('/')) target = `${from.slice(0, from.lastIndexOf('/'))}/${target}`;
  check(ops.sys_symlinkat(target, AT_FDCWD, to), 'cp', from, to);
}

