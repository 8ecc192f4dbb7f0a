/** `container.fs`: modelled after Node's `fs.promises`. */
import { ContainerError, invalidArgument } from './errors.js';
import type { KernelClient } from './kernel-client.js';
import type { FileChange, FileOperation, FileStat } from './messages.js';
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

/** What happened to a name: it came or went, or what it names was changed. */
export type WatchListener = (event: FileChange, filename: string | Uint8Array) => void;

export interface WatchOptions {
  encoding?: BufferEncoding | 'buffer' | null;
  /** Kept for Node's sake: a page does not end when nothing is left to do. */
  persistent?: boolean;
  /** Also what lies deeper. */
  recursive?: boolean;
  signal?: AbortSignal;
}

export interface Watcher {
  close(): void;
}

export interface StreamOptions {
  /** Where to begin, and the last byte, which is still read. */
  start?: number;
  end?: number;
  signal?: AbortSignal;
}

const OPEN = { RDONLY: 0, WRONLY: 1, CREAT: 0o100, TRUNC: 0o1000, APPEND: 0o2000 } as const;
const CHUNK_BYTES = 64 << 10;

/** Calls that `batch` collects, to be made in one turn of the kernel. */
export class Batch {
  readonly #path: (path: string) => string;
  /** @internal */
  readonly operations: FileOperation[] = [];

  /** @internal */
  constructor(path: (path: string) => string) {
    this.#path = path;
  }
  writeFile(path: string, data: string | Uint8Array): this {
    return this.#add({ name: 'writeFile', args: [this.#path(path), typeof data === 'string' ? encode(data, 'utf8') : data] });
  }
  appendFile(path: string, data: string | Uint8Array): this {
    return this.#add({ name: 'appendFile', args: [this.#path(path), typeof data === 'string' ? encode(data, 'utf8') : data] });
  }
  mkdir(path: string, options?: { recursive?: boolean }): this {
    return this.#add({ name: 'mkdir', args: [this.#path(path), options?.recursive === true] });
  }
  rm(path: string, options?: { force?: boolean; recursive?: boolean }): this {
    return this.#add({ name: 'rm', args: [this.#path(path), options?.recursive === true, options?.force === true] });
  }
  rename(oldPath: string, newPath: string): this {
    return this.#add({ name: 'rename', args: [this.#path(oldPath), this.#path(newPath)] });
  }
  symlink(target: string, path: string): this {
    return this.#add({ name: 'symlink', args: [target, this.#path(path)] });
  }
  chmod(path: string, mode: number): this {
    return this.#add({ name: 'chmod', args: [this.#path(path), mode] });
  }
  /** Its bytes are in the result. */
  readFile(path: string): this {
    return this.#add({ name: 'readFile', args: [this.#path(path)] });
  }
  #add(operation: FileOperation): this {
    this.operations.push(operation);
    return this;
  }
}

/** Files of a container. Relative paths start at its working directory. */
export class FileSystem {
  readonly #kernel: KernelClient;
  readonly #resolve: (path: string) => string;
  readonly #display: (path: string) => string;

  /** @internal */
  constructor(kernel: KernelClient, resolve: (path: string) => string, display: (path: string) => string = (path) => path) {
    this.#kernel = kernel;
    this.#resolve = resolve;
    this.#display = display;
  }

  readFile(path: string, encoding?: null): Promise<Uint8Array>;
  readFile(path: string, encoding: BufferEncoding | { encoding: BufferEncoding }): Promise<string>;
  readFile(path: string, encoding?: BufferEncoding | { encoding?: BufferEncoding | null } | null): Promise<Uint8Array | string>;
  async readFile(path: string, options?: BufferEncoding | { encoding?: BufferEncoding | null } | null): Promise<Uint8Array | string> {
    const encoding = typeof options === 'object' ? options?.encoding : options;
    if (encoding !== undefined && encoding !== null) checkEncoding(encoding);
    const contents = await this.#kernel.call('readFile', this.#path(path));
    return encoding === undefined || encoding === null ? contents : decode(contents, encoding);
  }

  /** Makes or replaces a file. */
  async writeFile(path: string, data: string | Uint8Array, options?: string | { encoding?: string | null } | null): Promise<void> {
    await this.#kernel.call('writeFile', this.#path(path), bytesOf(data, options));
  }

  /** Makes a file, or adds to it. */
  async appendFile(path: string, data: string | Uint8Array, options?: string | { encoding?: string | null } | null): Promise<void> {
    await this.#kernel.call('appendFile', this.#path(path), bytesOf(data, options));
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
    if (encoding !== null && encoding !== 'buffer') checkEncoding(encoding);
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
    if (recursive) return this.#display(this.#path(path));
  }

  async rm(path: string, options?: { force?: boolean; recursive?: boolean }): Promise<void> {
    await this.#kernel.call('rm', this.#path(path), options?.recursive === true, options?.force === true);
  }

  async rename(oldPath: string, newPath: string): Promise<void> {
    await this.#kernel.call('rename', this.#path(oldPath), this.#path(newPath));
  }

  async copyFile(from: string, to: string): Promise<void> {
    await this.#kernel.call('copyFile', this.#path(from), this.#path(to));
  }

  /** Copies a file or, with `recursive`, a tree. `force: false` leaves what is there already. */
  async cp(from: string, to: string, options?: { recursive?: boolean; force?: boolean }): Promise<void> {
    await this.#kernel.call('cp', this.#path(from), this.#path(to), options?.recursive === true, options?.force !== false);
  }

  /** Metadata of what a path leads to. */
  async stat(path: string): Promise<Stats> {
    return new Stats(await this.#kernel.call('stat', this.#path(path), true));
  }

  /** Metadata of the path itself, which may be a symbolic link. */
  async lstat(path: string): Promise<Stats> {
    return new Stats(await this.#kernel.call('stat', this.#path(path), false));
  }

  /** Whether a path leads to something. */
  async exists(path: string): Promise<boolean> {
    return this.access(path).then(() => true, () => false);
  }

  /** Fails unless a path may be read (4), written (2), run (1); 0: is there. */
  async access(path: string, mode = 0): Promise<void> {
    await this.#kernel.call('access', this.#path(path), mode);
  }

  /** Makes a symbolic link at `path`; `target` is kept as it is. */
  async symlink(target: string, path: string): Promise<void> {
    await this.#kernel.call('symlink', target, this.#path(path));
  }

  /** Gives a file a second name. */
  async link(existing: string, path: string): Promise<void> {
    await this.#kernel.call('link', this.#path(existing), this.#path(path));
  }

  readlink(path: string): Promise<string> {
    return this.#kernel.call('readlink', this.#path(path));
  }

  /** The path without links. */
  async realpath(path: string): Promise<string> {
    return this.#kernel.call('realpath', this.#path(path));
  }

  async chmod(path: string, mode: number): Promise<void> {
    await this.#kernel.call('chmod', this.#path(path), mode);
  }

  async chown(path: string, uid: number, gid: number): Promise<void> {
    await this.#kernel.call('chown', this.#path(path), uid, gid);
  }

  /** Sets when a file was read and changed last; numbers are seconds since 1970, as in Node. */
  async utimes(path: string, atime: Date | number, mtime: Date | number): Promise<void> {
    const ms = (time: Date | number): number => (time instanceof Date ? time.getTime() : time * 1000);
    await this.#kernel.call('utimes', this.#path(path), ms(atime), ms(mtime));
  }

  async truncate(path: string, length = 0): Promise<void> {
    await this.#kernel.call('truncate', this.#path(path), length);
  }

  /** A file piece by piece, as it is asked for. */
  createReadStream(path: string, options: StreamOptions = {}): ReadableStream<Uint8Array> {
    const full = this.#path(path);
    const { start = 0, end = Infinity, signal } = options;
    let fd: number | undefined;
    let at = start;
    const close = (): void => {
      if (fd !== undefined) this.#kernel.call('closeFile', fd).catch(() => undefined);
      fd = undefined;
    };
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          try {
            signal?.throwIfAborted();
            fd ??= await this.#kernel.call('openFile', full, OPEN.RDONLY, 0);
            const bytes = at > end ? new Uint8Array() : await this.#kernel.call('readAt', fd, at, Math.min(CHUNK_BYTES, end - at + 1));
            at += bytes.length;
            if (bytes.length > 0) return controller.enqueue(bytes);
            close();
            controller.close();
          } catch (error) {
            close();
            throw error;
          }
        },
        cancel: close,
      },
      { highWaterMark: 0 },
    );
  }

  /** Makes or replaces a file (`append`: adds to it) by what is written into the stream. */
  createWriteStream(path: string, options: { append?: boolean; signal?: AbortSignal } = {}): WritableStream<string | Uint8Array> {
    const full = this.#path(path);
    const { append = false, signal } = options;
    let fd = -1;
    let at = 0;
    const close = async (): Promise<void> => {
      if (fd >= 0) await this.#kernel.call('closeFile', fd);
      fd = -1;
    };
    return new WritableStream<string | Uint8Array>({
      start: async () => {
        signal?.throwIfAborted();
        fd = await this.#kernel.call('openFile', full, OPEN.WRONLY | OPEN.CREAT | (append ? OPEN.APPEND : OPEN.TRUNC), 0o666);
      },
      write: async (chunk) => {
        signal?.throwIfAborted();
        const bytes = bytesOf(chunk);
        await this.#kernel.call('writeAt', fd, append ? -1 : at, bytes);
        at += bytes.length;
      },
      close,
      abort: close,
    });
  }

  /**
   * Several calls in one turn of the kernel: nothing happens between them, and they cost one message.
   *
   *     await fs.batch((b) => b.mkdir('src').writeFile('src/a.js', '1').writeFile('src/b.js', '2'));
   *
   * Gives what each call gave. They stop at the first that fails, which is thrown; what came before it stays.
   */
  async batch(collect: (batch: Batch) => void): Promise<unknown[]> {
    const batch = new Batch((path) => this.#path(path));
    collect(batch);
    const results = await this.#kernel.call('batch', batch.operations, false);
    return results.map((result) => {
      if ('error' in result) throw new ContainerError(result.error);
      return result.value;
    });
  }

  watch(filename: string, options?: WatchOptions | string | null, listener?: WatchListener): Watcher;
  watch(filename: string, listener?: WatchListener): Watcher;
  /** Hears of changes of a file, or in a folder. A path that cannot be watched is told to the console, as it has nobody else to tell. */
  watch(filename: string, second?: WatchOptions | string | WatchListener | null, third?: WatchListener): Watcher {
    const listener = typeof second === 'function' ? second : third;
    const options: WatchOptions = typeof second === 'string' ? { encoding: second as BufferEncoding } : typeof second === 'object' && second !== null ? second : {};
    const { encoding, recursive, signal } = options;
    const told = (event: FileChange, name: string): void => {
      const bytes = encoding === undefined || encoding === null || encoding === 'utf8' ? undefined : encode(name, 'utf8');
      listener?.(event, bytes === undefined ? name : encoding === 'buffer' ? bytes : decode(bytes, encoding as BufferEncoding));
    };
    const close = this.#kernel.watch(this.#path(filename), recursive === true, told, (error) => {
      if (error instanceof ContainerError && error.code === 'ERR_TORN_DOWN') return;
      console.error(error);
    });
    signal?.addEventListener('abort', close, { once: true });
    return { close };
  }

  #path(path: string): string {
    if (typeof path !== 'string') throw invalidArgument(`a path is a string, not ${typeof path}`);
    if (path.includes('\0')) throw invalidArgument('a path holds no NUL');
    return this.#resolve(path);
  }
}

function bytesOf(data: string | Uint8Array, options?: string | { encoding?: string | null } | null): Uint8Array {
  if (data instanceof Uint8Array) return data;
  if (typeof data !== 'string') throw invalidArgument('data is a string or a Uint8Array');
  return encode(data, (typeof options === 'string' ? options : options?.encoding) ?? 'utf8');
}

const ENCODINGS = new Set(['ascii', 'utf8', 'utf-8', 'utf16le', 'ucs2', 'ucs-2', 'base64', 'base64url', 'latin1', 'binary', 'hex']);

function checkEncoding(encoding: string): void {
  if (typeof encoding !== 'string' || !ENCODINGS.has(encoding.toLowerCase())) throw invalidArgument(`there is no encoding '${String(encoding)}'`);
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
