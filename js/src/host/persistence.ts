/** Keeps a folder of the container in the browser's private storage (OPFS): brought back at boot, and every change written down as it is heard of. */
import { pack, unpack, type Packed } from '../archive/msgpack.js';
import { ContainerError, toRecord } from '../errors.js';
import type { WebKernel } from '../kernel/oac_web.js';
import type { ErrorRecord } from '../errors.js';
import { joinPath } from '../tree.js';
import type { FileStat } from '../messages.js';
import { LogFull, RecordLog, type LogFile } from './record-log.js';
import { walk } from './trees.js';

const DIRECTORY = 4;
const REGULAR = 8;
const SYMLINK = 10;
const PERMISSIONS = 0o7777;
const FOLDER = 'openagents-container';
/** A log is rewritten when it is this much longer than what it was after the last time, and than what it needs. */
const SLACK_BYTES = 16 << 20;
/** How long another tab, or this one before it was loaded again, may take to let go. */
const LOCK_MS_MAX = 5000;

/** Of files and folders, as text: permissions (octal), when it was changed (ms), owner and group (`1:1`). Records of older logs have the first alone. */
interface Attributes {
  m: string;
  t?: string;
  o?: string;
}
/** `x`: it is gone. `h`: a second name of what is at that path. `p` and `h` are relative to the folder. */
type Change = { p: string; x: true } | ({ p: string; d: true } & Attributes) | ({ p: string; c: Uint8Array } & Attributes) | { p: string; l: string } | { p: string; h: string };

export class Persistence {
  readonly #kernel: WebKernel;
  readonly #folder: string;
  readonly #log: RecordLog;
  readonly #failed: (error: ErrorRecord) => void;
  /** Bytes of the log when it was last rewritten. */
  #compactBytes = 0;
  /** Of files, the name that was written down with their contents. */
  readonly #names = new Map<number, string>();
  /** Whether those are in it that were there at boot. */
  #namesAreAll = false;
  #error: ContainerError | undefined;

  private constructor(kernel: WebKernel, folder: string, log: RecordLog, failed: (error: ErrorRecord) => void) {
    this.#kernel = kernel;
    this.#folder = folder;
    this.#log = log;
    this.#failed = failed;
    this.#compactBytes = log.bytes;
  }

  /**
   * Brings the files back.
   *
   * @throws ContainerError ERR_STORAGE where the browser grants none; EBUSY while another container has this name
   */
  static async open(kernel: WebKernel, name: string, folder: string, failed: (error: ErrorRecord) => void): Promise<Persistence> {
    await lock(name);
    const files = await openFiles(name);
    try {
      const log = RecordLog.open(files, (payload) => apply(kernel, folder, unpack(payload) as unknown as Change));
      return new Persistence(kernel, folder, log, failed);
    } catch (error) {
      for (const file of files) file.close();
      throw error;
    }
  }

  /** Writes down how these paths, relative to the folder, are now. */
  changed(paths: Iterable<string>): void {
    if (this.#error !== undefined) return;
    try {
      const changed = new Set(paths);
      // Of the folder that something stands in, the time has changed as well.
      const folders = new Set([...changed].map((path) => path.slice(0, Math.max(0, path.lastIndexOf('/')))));
      folders.delete('');
      for (const path of [...changed, ...folders].filter((path, at) => at < changed.size || !changed.has(path))) {
        for (const record of this.#look(path)) this.#log.append(record);
      }
      this.#log.flush();
      if (this.#log.bytes > 2 * this.#compactBytes + SLACK_BYTES) this.rewrite();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Writes everything down anew. */
  rewrite(): void {
    this.#log.rewrite(this.#all());
    this.#compactBytes = this.#log.bytes;
  }

  /** After more was lost than heard of. */
  lost(): void {
    try {
      this.rewrite();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** @throws ContainerError why what was written is not kept */
  check(): void {
    if (this.#error === undefined) return;
    // There may be room by now: everything is written anew.
    try {
      this.rewrite();
      this.#error = undefined;
    } catch {
      throw this.#error;
    }
  }

  *#all(): Generator<Uint8Array> {
    this.#names.clear();
    // What stands in a folder changes its time: folders once more, when they are full.
    const folders: string[] = [];
    for (const { path, kind } of walk(this.#kernel, this.#folder, {})) {
      if (kind === DIRECTORY) folders.push(path);
      yield* this.#look(path);
    }
    for (const path of folders.reverse()) yield* this.#look(path);
  }

  /** What is at a path, as records. */
  *#look(path: string): Generator<Uint8Array> {
    for (const change of this.#changes(path)) yield pack(change as unknown as Packed);
  }

  #changes(path: string): Change[] {
    const full = joinPath(this.#folder, path);
    try {
      const { mode, mtimeMs, uid, gid, nlink, ino } = this.#kernel.stat(full, false) as FileStat;
      const attributes: Attributes = { m: (mode & PERMISSIONS).toString(8), t: String(mtimeMs), o: `${uid}:${gid}` };
      if (mode >> 12 === DIRECTORY) return [{ p: path, d: true, ...attributes }];
      if (mode >> 12 === SYMLINK) return [{ p: path, l: this.#kernel.readlink(full) }];
      if (mode >> 12 !== REGULAR) return [{ p: path, x: true }];
      const c = this.#kernel.readFile(full);
      if (nlink < 2) {
        this.#names.set(ino, path);
        return [{ p: path, c, ...attributes }];
      }
      const first = this.#firstName(ino, path);
      const contents = { p: first, c, ...attributes };
      return first === path ? [contents] : [contents, { p: path, h: first }];
    } catch (error) {
      if (error instanceof WebAssembly.RuntimeError) throw error;
      // It has gone.
      return [{ p: path, x: true }];
    }
  }

  /** The name by which a file of several is kept: that which it had, as long as it has it. */
  #firstName(ino: number, path: string): string {
    if (!this.#names.has(ino) && !this.#namesAreAll) {
      this.#namesAreAll = true;
      for (const { path: other, full, kind } of walk(this.#kernel, this.#folder, {})) {
        const stat = kind === REGULAR ? (this.#kernel.stat(full, false) as FileStat) : undefined;
        if (stat !== undefined && other !== path && !this.#names.has(stat.ino)) this.#names.set(stat.ino, other);
      }
    }
    const known = this.#names.get(ino);
    if (known !== undefined && known !== path) {
      try {
        if ((this.#kernel.stat(joinPath(this.#folder, known), false) as FileStat).ino === ino) return known;
      } catch (error) {
        if (error instanceof WebAssembly.RuntimeError) throw error;
      }
    }
    this.#names.set(ino, path);
    return path;
  }

  #fail(error: unknown): void {
    if (error instanceof WebAssembly.RuntimeError) throw error;
    this.#error =
      error instanceof LogFull
        ? new ContainerError({ code: 'ENOSPC', message: 'ENOSPC: the browser grants this site no more storage: what the container writes from now on is not kept. Remove files, then call sync()' })
        : new ContainerError({ code: 'ERR_STORAGE', message: `the container's files are not kept any more: ${error instanceof Error ? error.message : String(error)}` });
    this.#failed(toRecord(this.#error));
  }
}

function apply(kernel: WebKernel, folder: string, change: Change): void {
  const full = joinPath(folder, change.p);
  const isAt = (kind: number): boolean => {
    try {
      return kernel.stat(full, false).mode >> 12 === kind;
    } catch {
      return false;
    }
  };
  if ('x' in change) return kernel.rm(full, true, true);
  // A name may stand for another kind of thing than before.
  if (!isAt('d' in change ? DIRECTORY : 'c' in change ? REGULAR : 0)) kernel.rm(full, true, true);
  kernel.mkdir(full.slice(0, full.lastIndexOf('/')) || '/', true);
  if ('l' in change) return kernel.symlink(change.l, full);
  if ('h' in change) return kernel.link(joinPath(folder, change.h), full);
  if ('d' in change) kernel.mkdir(full, true);
  else kernel.writeFile(full, change.c);
  // The owner first: giving a file away takes its set-user-ID bit.
  const [uid, gid] = change.o?.split(':').map(Number) ?? [];
  if (uid !== undefined && gid !== undefined) kernel.chown(full, uid, gid);
  kernel.chmod(full, Number.parseInt(change.m, 8));
  if (change.t !== undefined) kernel.utimes(full, Number(change.t), Number(change.t));
}

/** Held as long as this worker lives. */
async function lock(name: string): Promise<void> {
  if (navigator.locks === undefined) throw storage('it has no locks', undefined);
  await new Promise<void>((resolve, reject) => {
    const held = navigator.locks.request(`${FOLDER}/${name}`, { signal: AbortSignal.timeout(LOCK_MS_MAX) }, () => {
      resolve();
      return new Promise<never>(() => undefined);
    });
    held.catch(() => reject(new ContainerError({ code: 'EBUSY', message: `EBUSY: another container, perhaps in another tab, keeps its files as '${name}': tear it down, or take another name` })));
  });
}

async function openFiles(name: string): Promise<[LogFile, LogFile]> {
  try {
    const root = await navigator.storage.getDirectory();
    const folder = await root.getDirectoryHandle(FOLDER, { create: true });
    const open = async (suffix: string): Promise<LogFile> =>
      (await folder.getFileHandle(`${encodeURIComponent(name)}.${suffix}`, { create: true })).createSyncAccessHandle() as Promise<LogFile>;
    return [await open('a'), await open('b')];
  } catch (error) {
    throw storage(error instanceof Error ? error.message : String(error), error);
  }
}

function storage(why: string, cause: unknown): ContainerError {
  const message = `the browser gives this page no storage of its own: ${why}. Allow it to keep site data, or boot without \`persist\``;
  return new ContainerError({ code: 'ERR_STORAGE', message }, { cause });
}
