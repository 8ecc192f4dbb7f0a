/** `container.fs`: modelled after Node's `fs.promises`. */
import { invalidArgument, notImplemented } from './errors.js';
import type { KernelClient } from './kernel-client.js';
import type { FileStat } from './messages.js';
import { resolvePath } from './paths.js';

/** Node's names of encodings. */
export type BufferEncoding = 'ascii' | 'utf8' | 'utf-8' | 'utf16le' | 'ucs2' | 'ucs-2' | 'base64' | 'base64url' | 'latin1' | 'binary' | 'hex';

const DIRECTORY = 4;
const REGULAR = 8;
const SYMLINK = 10;

/** An entry of a directory. */
export class DirEnt<T> {
  readonly name: T;
  readonly #kind: number;

  constructor(name: T, kind: number) {
    this.name = name;
    this.#kind = kind;
  }
  isFile(): boolean {
    return this.#kind === REGULAR;
  }
  isDirectory(): boolean {
    return this.#kind === DIRECTORY;
  }
  isSymbolicLink(): boolean {
    return this.#kind === SYMLINK;
  }
}

/** Metadata of a file, as Node's `fs.Stats`. */
export class Stats {
  readonly dev: number;
  readonly ino: number;
  readonly mode: number;
  readonly nlink: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes. */
  readonly size: number;
  readonly atimeMs: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly birthtimeMs: number;

  constructor(stat: FileStat) {
    this.dev = stat.dev;
    this.ino = stat.ino;
    this.mode = stat.mode;
    this.nlink = stat.nlink;
    this.uid = stat.uid;
    this.gid = stat.gid;
    this.size = stat.size;
    this.atimeMs = stat.atimeMs;
    this.mtimeMs = stat.mtimeMs;
    this.ctimeMs = stat.ctimeMs;
    this.birthtimeMs = stat.birthtimeMs;
  }
  isFile(): boolean {
    return this.mode >> 12 === REGULAR;
  }
  isDirectory(): boolean {
    return this.mode >> 12 === DIRECTORY;
  }
  isSymbolicLink(): boolean {
    return this.mode >> 12 === SYMLINK;
  }
}

type ReaddirOptions<E> = { encoding?: E; withFileTypes?: boolean };

/** Files of a container. Relative paths start at its working directory. */
export class FileSystem {
  readonly #kernel: KernelClient;
  readonly #resolve: (path: string) => string;

  /** @internal */
  constructor(kernel: KernelClient, resolve: (path: string) => string) {
    this.#kernel = kernel;
    this.#resolve = resolve;
  }

  readFile(path: string, encoding?: null): Promise<Uint8Array>;
  readFile(path: string, encoding: BufferEncoding): Promise<string>;
  async readFile(path: string, encoding?: BufferEncoding | null): Promise<Uint8Array | string> {
    const contents = await this.#kernel.call('readFile', this.#path(path));
    return encoding === undefined || encoding === null ? contents : decode(contents, encoding);
  }

  /** Makes or replaces a file. */
  async writeFile(path: string, data: string | Uint8Array, options?: string | { encoding?: string | null } | null): Promise<void> {
    const encoding = (typeof options === 'string' ? options : options?.encoding) ?? 'utf8';
    if (typeof data !== 'string' && !(data instanceof Uint8Array)) throw invalidArgument('data is a string or a Uint8Array');
    await this.#kernel.call('writeFile', this.#path(path), typeof data === 'string' ? encode(data, encoding) : data);
  }

  readdir(path: string, options: 'buffer' | { encoding: 'buffer'; withFileTypes?: false }): Promise<Uint8Array[]>;
  readdir(path: string, options?: { encoding?: BufferEncoding | null; withFileTypes?: false } | BufferEncoding | null): Promise<string[]>;
  readdir(path: string, options: { encoding: 'buffer'; withFileTypes: true }): Promise<DirEnt<Uint8Array>[]>;
  readdir(path: string, options: { encoding?: BufferEncoding | null; withFileTypes: true }): Promise<DirEnt<string>[]>;
  async readdir(
    path: string,
    options?: string | ReaddirOptions<string | null> | null,
  ): Promise<(string | Uint8Array)[] | DirEnt<string | Uint8Array>[]> {
    const { encoding = 'utf8', withFileTypes = false } = typeof options === 'string' ? { encoding: options } : (options ?? {});
    const entries = await this.#kernel.call('readdir', this.#path(path));
    const name = (bytes: Uint8Array): string | Uint8Array =>
      encoding === 'buffer' ? bytes : decode(bytes, (encoding ?? 'utf8') as BufferEncoding);
    return withFileTypes ? entries.map((entry) => new DirEnt(name(entry.name), entry.kind)) : entries.map((entry) => name(entry.name));
  }

  mkdir(path: string, options?: { recursive?: false }): Promise<void>;
  mkdir(path: string, options: { recursive: true }): Promise<string>;
  async mkdir(path: string, options?: { recursive?: boolean }): Promise<void | string> {
    const recursive = options?.recursive === true;
    await this.#kernel.call('mkdir', this.#path(path), recursive);
    if (recursive) return this.#path(path);
  }

  async rm(path: string, options?: { force?: boolean; recursive?: boolean }): Promise<void> {
    await this.#kernel.call('rm', this.#path(path), options?.recursive === true, options?.force === true);
  }

  async rename(oldPath: string, newPath: string): Promise<void> {
    await this.#kernel.call('rename', this.#path(oldPath), this.#path(newPath));
  }

  /** Metadata of what a path leads to. */
  async stat(path: string): Promise<Stats> {
    return new Stats(await this.#kernel.call('stat', this.#path(path), true));
  }

  /** Metadata of the path itself, which may be a symbolic link. */
  async lstat(path: string): Promise<Stats> {
    return new Stats(await this.#kernel.call('stat', this.#path(path), false));
  }

  /** Makes a symbolic link at `path`; `target` is kept as it is. */
  async symlink(target: string, path: string): Promise<void> {
    await this.#kernel.call('symlink', target, this.#path(path));
  }

  readlink(path: string): Promise<string> {
    return this.#kernel.call('readlink', this.#path(path));
  }

  async chmod(path: string, mode: number): Promise<void> {
    await this.#kernel.call('chmod', this.#path(path), mode);
  }

  watch(filename: string, options?: unknown, listener?: unknown): { close(): void };
  watch(): never {
    throw notImplemented('fs.watch');
  }

  #path(path: string): string {
    if (typeof path !== 'string') throw invalidArgument(`a path is a string, not ${typeof path}`);
    if (path.includes('\0')) throw invalidArgument('a path holds no NUL');
    return this.#resolve(path);
  }
}

/** `resolve` for absolute paths as they are. */
export function fromWorkdir(workdir: string): (path: string) => string {
  return (path) => resolvePath(workdir, path);
}

function decode(bytes: Uint8Array, encoding: BufferEncoding): string {
  switch (encoding.toLowerCase()) {
    case 'utf8':
    case 'utf-8':
      return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
    case 'utf16le':
    case 'ucs2':
    case 'ucs-2':
      return new TextDecoder('utf-16le', { ignoreBOM: true }).decode(bytes.subarray(0, bytes.length & ~1));
    case 'latin1':
    case 'binary':
      return byteString(bytes);
    case 'ascii':
      return byteString(bytes.map((byte) => byte & 0x7f));
    case 'hex':
      return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
    case 'base64':
      return btoa(byteString(bytes));
    case 'base64url':
      return btoa(byteString(bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
    default:
      throw invalidArgument(`there is no encoding '${encoding}'`);
  }
}

function encode(text: string, encoding: string): Uint8Array {
  switch (encoding.toLowerCase()) {
    case 'utf8':
    case 'utf-8':
      return new TextEncoder().encode(text);
    case 'utf16le':
    case 'ucs2':
    case 'ucs-2': {
      const bytes = new Uint8Array(text.length * 2);
      const view = new DataView(bytes.buffer);
      for (let at = 0; at < text.length; at++) view.setUint16(at * 2, text.charCodeAt(at), true);
      return bytes;
    }
    case 'latin1':
    case 'binary':
    case 'ascii':
      return Uint8Array.from(text, (char) => char.charCodeAt(0));
    case 'hex':
      return Uint8Array.from(text.match(/[0-9a-f]{2}/gi) ?? [], (pair) => Number.parseInt(pair, 16));
    case 'base64':
    case 'base64url':
      return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0));
    default:
      throw invalidArgument(`there is no encoding '${encoding}'`);
  }
}

/** In pieces, since a call takes only so many arguments. */
function byteString(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return text;
}
