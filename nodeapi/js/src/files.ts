// Whole small files, for the glue's own needs (package.json, source lines). Paths are strings; no exceptions.

import { utf8Text } from './bindings/buffer';

const O_RDONLY = 0;
const O_CLOEXEC = 0o2000000;
const AT_FDCWD = -100;
const { ops } = host;

/** What a call gives, or `-EACCES` where the permission model throws: who only looks does not tell the program so. */
export function withoutThrowing(call: () => Result): Result {
  const EACCES = -13;
  try {
    return call();
  } catch {
    return EACCES;
  }
}

/** The bytes of a file, or `-errno`. */
export function readBytes(path: string | Bytes): Uint8Array | Result {
  const fd = withoutThrowing(() => ops.sys_openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0));
  if (fd < 0) return fd;
  const bytes = readAll(fd);
  ops.sys_close(fd);
  return bytes;
}

/** Everything from the position of `fd` to its end, or `-errno`. */
export function readAll(fd: number): Uint8Array | Result {
  let buffer = new Uint8Array(64 << 10);
  let length = 0;
  for (;;) {
    const count = ops.sys_read(fd, buffer.subarray(length));
    if (count < 0) return count;
    if (count === 0) return buffer.subarray(0, length);
    length += count;
    if (buffer.length - length < 32 << 10) {
      const grown = new Uint8Array(buffer.length * 4);
      grown.set(buffer);
      buffer = grown;
    }
  }
}

/** The text of a file as UTF-8, or `undefined` if it cannot be read. */
export function readText(path: string | Bytes): string | undefined {
  const bytes = readBytes(path);
  return typeof bytes === 'number' ? undefined : utf8Text(bytes);
}
