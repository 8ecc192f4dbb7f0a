// libuv's errors: numbers below zero (`-errno`), their names and texts, and the exceptions Node makes of them.

import { called } from './oracle';

const map: Map<number, [string, string]> = called('uv.getErrorMap');

export const errorMap = map;

/** `ENOENT` and so on. */
export function errorName(error: number): string {
  return map.get(error)?.[0] ?? `Unknown system error ${error}`;
}

export function errorMessage(error: number): string {
  return map.get(error)?.[1] ?? `Unknown system error ${error}`;
}

/** As `node::UVException`. */
export function uvException(error: number, syscall: string, message?: string, path?: unknown, dest?: unknown): Error {
  const code = errorName(error);
  let text = `${code}: ${message ?? errorMessage(error)}, ${syscall}`;
  const from = path === undefined ? undefined : pathText(path);
  const to = dest === undefined ? undefined : pathText(dest);
  if (from !== undefined) text += ` '${from}'`;
  if (to !== undefined) text += ` -> '${to}'`;
  const exception: any = new Error(text);
  exception.errno = error;
  exception.code = code;
  exception.syscall = syscall;
  if (from !== undefined) exception.path = from;
  if (to !== undefined) exception.dest = to;
  return exception;
}

/** As `node::ErrnoException`: what calls beside libuv fail with, in strerror(3)'s words. */
export function errnoException(error: Result, syscall: string): Error {
  const code = errorName(error);
  const text = errorMessage(error);
  const exception: any = new Error(`${code}, ${text.charAt(0).toUpperCase()}${text.slice(1)}`);
  return Object.assign(exception, { errno: -error, code, syscall });
}

declare global {
  interface Ops {
    buffer_slice(view: Bytes, encoding: number, start: number, end: number): string;
  }
}

/** A path argument as text: strings as they are, bytes as UTF-8. */
export function pathText(path: unknown): string {
  if (typeof path === 'string') return path;
  const view = path as Uint8Array;
  return host.loadGlue('bindings/buffer').utf8Text(view);
}

/** Errors the glue tests for. */
export const UV = {
  EOF: -4095, EAGAIN: -11, ENOENT: -2, EEXIST: -17, EINVAL: -22, ENOTDIR: -20, EBADF: -9, ENOSYS: -38, EINTR: -4,
  ECANCELED: -125, ENOTSUP: -95, EISDIR: -21, ENOTEMPTY: -39, EPERM: -1, EINPROGRESS: -115, ESRCH: -3, EADDRINUSE: -98,
  ENOTCONN: -107, ETIMEDOUT: -110, ELOOP: -40, ENOTTY: -25, EPIPE: -32, EFAULT: -14, EALREADY: -114, EXDEV: -18,
} as const;
