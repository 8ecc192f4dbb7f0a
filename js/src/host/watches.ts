/** `fs.watch` for the page: inotify(7) of the kernel, folders watched one by one where a whole tree is. */
import type { WebKernel } from '../kernel/oac_web.js';
import type { FileChange } from '../messages.js';
import type { Streams } from './streams.js';

/** As `oac_abi::flags::inotify`. */
const MODIFY = 0x2;
const ATTRIB = 0x4;
const CREATE = 0x100;
const MOVED_TO = 0x80;
const DELETE_SELF = 0x400;
const MOVE_SELF = 0x800;
const IGNORED = 0x8000;
const Q_OVERFLOW = 0x4000;
const ISDIR = 0x4000_0000;
const HEADER_BYTES = 16;
const DIRECTORY = 4;

type Events = [FileChange, string][];
type Told = (watch: number, events: Events) => void;

const decoder = new TextDecoder();

export class Watches {
  readonly #kernel: WebKernel;
  readonly #streams: Streams;
  readonly #told: Told;

  constructor(kernel: WebKernel, streams: Streams, told: Told) {
    this.#kernel = kernel;
    this.#streams = streams;
    this.#told = told;
  }

  /** `told`: instead of the page. `lost`: there were more events than are kept. @throws ErrorRecord ENOENT … */
  open(path: string, recursive: boolean, told = this.#told, lost?: () => void): number {
    const id = this.#streams.watcher();
    const folders = new Map<number, string>();
    const isFolder = this.#kernel.stat(path, true).mode >> 12 === DIRECTORY;
    const name = path.slice(path.lastIndexOf('/') + 1);
    try {
      folders.set(this.#kernel.streamWatch(id, path), '');
      if (recursive && isFolder) this.#addBelow(id, path, '', folders, undefined);
    } catch (error) {
      this.#streams.close(id);
      throw error;
    }
    void this.#run(id, path, isFolder ? undefined : name, recursive, folders, told, lost);
    return id;
  }

  close(watch: number): void {
    this.#streams.close(watch);
  }

  async #run(id: number, path: string, fileName: string | undefined, recursive: boolean, folders: Map<number, string>, told: Told, lost: (() => void) | undefined): Promise<void> {
    for (;;) {
      const bytes = await this.#streams.read(id).catch(() => null);
      if (bytes === null) return;
      const events: Events = [];
      for (const { watch, mask, name } of decode(bytes)) {
        if (mask & Q_OVERFLOW) lost?.();
        const folder = folders.get(watch);
        if (folder === undefined) continue;
        if (mask & IGNORED) {
          folders.delete(watch);
          continue;
        }
        const relative = folder === '' ? name : name === '' ? folder : `${folder}/${name}`;
        // A watched folder below tells its own end; its parent has told it by its name.
        if (folder !== '' && mask & (DELETE_SELF | MOVE_SELF)) continue;
        if (mask & ATTRIB && name === '' && folder !== '') continue;
        events.push([mask & (MODIFY | ATTRIB) ? 'change' : 'rename', fileName ?? (relative === '' ? path.slice(path.lastIndexOf('/') + 1) : relative)]);
        if (recursive && mask & ISDIR && mask & (CREATE | MOVED_TO)) this.#addBelow(id, path, relative, folders, events);
      }
      if (events.length > 0) told(id, events);
    }
  }

  /** Watches the folders below; what is in one that has just come is told, for it came before it was watched. */
  #addBelow(id: number, root: string, relative: string, folders: Map<number, string>, events: Events | undefined): void {
    const full = relative === '' ? root : `${root === '/' ? '' : root}/${relative}`;
    try {
      if (relative !== '') folders.set(this.#kernel.streamWatch(id, full), relative);
      for (const entry of this.#kernel.readdir(full)) {
        const name = decoder.decode(entry.name);
        const below = relative === '' ? name : `${relative}/${name}`;
        events?.push(['rename', below]);
        if (entry.kind === DIRECTORY) this.#addBelow(id, root, below, folders, events);
      }
    } catch (error) {
      // It has gone again already.
      if ((error as { code?: string }).code !== 'ENOENT') throw error;
    }
  }
}

function* decode(bytes: Uint8Array): Generator<{ watch: number; mask: number; name: string }> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + HEADER_BYTES <= bytes.length; ) {
    const length = view.getUint32(at + 12, true);
    const name = bytes.subarray(at + HEADER_BYTES, at + HEADER_BYTES + length);
    const end = name.indexOf(0);
    yield { watch: view.getInt32(at, true), mask: view.getUint32(at + 4, true), name: decoder.decode(end < 0 ? name : name.subarray(0, end)) };
    at += HEADER_BYTES + length;
  }
}
