// A guest's descriptors: numbers of its own, each with a file, its rights, and the path that it was opened by.

import { guessHandleType } from '../bindings/util';
import { S_IFDIR, S_IFIFO, S_IFLNK, S_IFREG, S_IFSOCK, statBuffer, type } from '../stat';
import { Refused, succeeded } from './errors';
import { byteString } from './paths';
import { utf8Bytes } from '../bindings/buffer';
import { FileType, rightsOf } from './rights';

const { ops } = host;
const AT_FDCWD = -100;
const O_CLOEXEC = 0o2000000;
const S_IFCHR = 0o020000;
const S_IFBLK = 0o060000;
const ACCESS = 3;
const READ = 1 << 1;
const WRITE = 1 << 6;
/** As many as the container lets a task have open. */
const DESCRIPTORS_MAX = 65536;

export interface Descriptor {
  fd: number;
  fileType: number;
  base: number;
  inheriting: number;
  /** Of a directory: as the guest calls it, and where it is. */
  name: string;
  place: string;
  isPreopened: boolean;
}

/** `filetype` of a mode's type bits. */
export function fileTypeOf(bits: number): number {
  switch (bits) {
    case S_IFREG: return FileType.REGULAR;
    case S_IFDIR: return FileType.DIRECTORY;
    case S_IFCHR: return FileType.CHARACTER;
    case S_IFBLK: return FileType.BLOCK;
    case S_IFLNK: return FileType.LINK;
    case S_IFSOCK:
    case S_IFIFO: return FileType.STREAM;
    default: return FileType.UNKNOWN;
  }
}

function fileTypeOfFd(fd: number): number {
  succeeded(ops.sys_fstat(fd, statBuffer));
  const found = fileTypeOf(type());
  return found === FileType.STREAM && guessHandleType(fd) === 'UDP' ? FileType.DATAGRAM : found;
}

export class Descriptors {
  readonly #table: (Descriptor | undefined)[] = [];

  constructor(stdio: number[], preopens: string[]) {
    for (const fd of stdio) {
      // Open for both, whatever the file was opened for: the guest hears of it when it tries.
      this.add(fd, { name: '', place: '', accessFlags: 2 });
    }
    for (let i = 0; i < preopens.length; i += 2) this.#preopen(preopens[i]!, preopens[i + 1]!);
  }

  #preopen(name: string, path: string): void {
    const buffer = new Uint8Array(4096);
    const place = buffer.slice(0, succeeded(ops.sys_realpathat(AT_FDCWD, path, buffer)));
    const fd = succeeded(ops.sys_openat(AT_FDCWD, place, O_CLOEXEC, 0));
    if (fileTypeOfFd(fd) !== FileType.DIRECTORY) {
      ops.sys_close(fd);
      throw new Refused('ENOTDIR');
    }
    const placed = byteString(place);
    this.add(fd, { name: byteString(utf8Bytes(name)), place: placed === '/' ? '' : placed, accessFlags: 2, isPreopened: true });
  }

  /** Gives an open file the first free number. */
  add(fd: number, opened: { name: string; place: string; accessFlags: number; isPreopened?: boolean }): number {
    const fileType = fileTypeOfFd(fd);
    if (fileType === FileType.UNKNOWN) throw new Refused('EINVAL');
    let [base, inheriting] = rightsOf(fileType, guessHandleType(fd) === 'TTY');
    if ((opened.accessFlags & ACCESS) === 0) base &= ~WRITE;
    if ((opened.accessFlags & ACCESS) === 1) base &= ~READ;
    const free = this.#table.indexOf(undefined);
    const number = free < 0 ? this.#table.length : free;
    if (number >= DESCRIPTORS_MAX) throw new Refused('ENFILE');
    const { name, place, isPreopened = false } = opened;
    this.#table[number] = { fd, fileType, base, inheriting, name, place, isPreopened };
    return number;
  }

  /** The descriptor of this number, when it has these rights. */
  get(number: number, base = 0, inheriting = 0): Descriptor {
    const found = this.#table[number];
    if (found === undefined) throw new Refused('EBADF');
    if ((~found.base & base) !== 0 || (~found.inheriting & inheriting) !== 0) throw new Refused('ENOTCAPABLE');
    return found;
  }

  close(number: number): void {
    succeeded(ops.sys_close(this.get(number).fd));
    this.#table[number] = undefined;
  }

  renumber(from: number, to: number): void {
    if (from === to) return;
    const source = this.get(from);
    succeeded(ops.sys_close(this.get(to).fd));
    this.#table[to] = source;
    this.#table[from] = undefined;
  }
}
