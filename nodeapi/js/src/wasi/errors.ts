// Preview 1's error numbers, and how a call is refused.

import { errorName } from '../uv';

/** In the order of their numbers; 0 is success. */
const NAMES = [
  'ESUCCESS', 'E2BIG', 'EACCES', 'EADDRINUSE', 'EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EAGAIN', 'EALREADY', 'EBADF', 'EBADMSG', 'EBUSY',
  'ECANCELED', 'ECHILD', 'ECONNABORTED', 'ECONNREFUSED', 'ECONNRESET', 'EDEADLK', 'EDESTADDRREQ', 'EDOM', 'EDQUOT', 'EEXIST', 'EFAULT',
  'EFBIG', 'EHOSTUNREACH', 'EIDRM', 'EILSEQ', 'EINPROGRESS', 'EINTR', 'EINVAL', 'EIO', 'EISCONN', 'EISDIR', 'ELOOP', 'EMFILE', 'EMLINK',
  'EMSGSIZE', 'EMULTIHOP', 'ENAMETOOLONG', 'ENETDOWN', 'ENETRESET', 'ENETUNREACH', 'ENFILE', 'ENOBUFS', 'ENODEV', 'ENOENT', 'ENOEXEC',
  'ENOLCK', 'ENOLINK', 'ENOMEM', 'ENOMSG', 'ENOPROTOOPT', 'ENOSPC', 'ENOSYS', 'ENOTCONN', 'ENOTDIR', 'ENOTEMPTY', 'ENOTRECOVERABLE',
  'ENOTSOCK', 'ENOTSUP', 'ENOTTY', 'ENXIO', 'EOVERFLOW', 'EOWNERDEAD', 'EPERM', 'EPIPE', 'EPROTO', 'EPROTONOSUPPORT', 'EPROTOTYPE',
  'ERANGE', 'EROFS', 'ESPIPE', 'ESRCH', 'ESTALE', 'ETIMEDOUT', 'ETXTBSY', 'EXDEV', 'ENOTCAPABLE',
];

const numbers = new Map(NAMES.map((name, number) => [name, number]));

/** A number by its name. */
export function wasiError(name: string): number {
  return numbers.get(name) ?? numbers.get('ENOSYS')!;
}

/** How `uvwasi` calls a number. */
export function wasiErrorName(number: number): string {
  return `UVWASI_${NAMES[number]}`;
}

/** Thrown where a call cannot go on; the call's result is the number. */
export class Refused {
  readonly errno: number;
  constructor(name: string) {
    this.errno = wasiError(name);
  }
}

/** The result of a system call, when it is one. */
export function succeeded(result: Result): number {
  if (result < 0) throw new Refused(errorName(result));
  return result;
}
