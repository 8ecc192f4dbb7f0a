// Operations on whole trees: mkdir -p, rm -r, mkdtemp. As MKDirpSync, RmSync and uv_fs_mkdtemp.

import type { Outcome } from './request';
import { S_IFDIR, statBuffer, type } from './stat';
import { pathText, UV, uvException } from './uv';

const { ops } = host;
const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_REMOVEDIR = 0x200;
const O_DIRECTORY = 0o200000;
const O_CLOEXEC = 0o2000000;
const SLASH = 47;

declare global {
  interface Ops {
    sys_getrandom(buffer: Bytes): Result;
  }
}

function isDirectory(path: string): boolean {
  return ops.sys_fstatat(AT_FDCWD, path, 0, statBuffer) >= 0 && type() === S_IFDIR;
}

/** Makes a directory and those above it; gives the first that was made, `undefined` if none was. */
export function makeDirectories(path: string, mode: number): Outcome<string | undefined> {
  let first: string | undefined;
  const stack = [path];
  while (stack.length > 0) {
    const next = stack.pop()!;
    const result = ops.sys_mkdirat(AT_FDCWD, next, mode);
    if (result >= 0) {
      first ??= absolute(next);
    } else if (result === UV.ENOENT) {
      const parent = next.replace(/\/+[^/]*\/*$/, '');
      if (parent === next || parent === '') {
        if (parent === '' && next.startsWith('/')) return result;
        if (parent === next) return result;
      }
      stack.push(next, parent);
      if (stack.length > 4096) return UV.ENOENT;
    } else if (result === UV.EEXIST) {
      if (!isDirectory(next)) return stack.length > 0 || next !== path ? UV.ENOTDIR : UV.EEXIST;
    } else {
      return result;
    }
  }
  return first;
}

function absolute(path: string): string {
  const trimmed = path.length > 1 ? path.replace(/\/+$/, '') : path;
  return trimmed.startsWith('/') ? trimmed : `${host.loadGlue('bindings/process_methods').currentDirectory()}/${trimmed}`;
}

/** Removes a file, or with `recursive` a tree. Throws Node's exception. Names that are not UTF-8 are bytes on the way. */
export function removeTree(path: string | Uint8Array, recursive: boolean): void {
  const result = ops.sys_fstatat(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, statBuffer);
  if (result === UV.ENOENT) return;
  if (result < 0) throw uvException(result, 'rm', undefined, path);
  if (type() !== S_IFDIR) {
    const removed = ops.sys_unlinkat(AT_FDCWD, path, 0);
    if (removed < 0 && removed !== UV.ENOENT) throw uvException(removed, 'rm', undefined, path);
    return;
  }
  if (!recursive) {
    const error: any = new Error(`Path is a directory: ${pathText(path)}`);
    error.code = 'ERR_FS_EISDIR';
    throw error;
  }
  const { entries } = host.loadGlue('bindings/fs');
  const { utf8Bytes } = host.loadGlue('bindings/buffer');
  const fd = ops.sys_openat(AT_FDCWD, path, O_DIRECTORY | O_CLOEXEC, 0);
  if (fd < 0) throw uvException(fd, 'rm', undefined, path);
  const list = entries(fd);
  ops.sys_close(fd);
  if (typeof list === 'number') throw uvException(list, 'rm', undefined, path);
  const prefix: Uint8Array = typeof path === 'string' ? utf8Bytes(`${path}/`) : Uint8Array.from([...path, SLASH]);
  for (const entry of list) {
    const child = new Uint8Array(prefix.length + entry.name.length);
    child.set(prefix);
    child.set(entry.name, prefix.length);
    removeTree(child, true);
  }
  const removed = ops.sys_unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
  if (removed < 0) throw uvException(removed, 'rm', undefined, path);
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

/** Makes a directory with a random name after `prefix`; gives its path. */
export function makeTemporary(prefix: string): Outcome<string> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const random = new Uint8Array(6);
    ops.sys_getrandom(random);
    const path = prefix + Array.from(random, (byte) => LETTERS[byte % LETTERS.length]).join('');
    const result = ops.sys_mkdirat(AT_FDCWD, path, 0o700);
    if (result >= 0) return path;
    if (result !== UV.EEXIST) return result;
  }
  return UV.EEXIST;
}
