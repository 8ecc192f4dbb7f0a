// `fs.watchFile`: looks at a path every so often and reports what has changed. As src/node_stat_watcher.cc over uv_fs_poll.

import { makeCallback } from './async_wrap';
import { HandleWrap } from './handle_wrap';
import { enqueueWork, LoopTimer } from './loop';
import { statBuffer, statsArray } from './stat';

const AT_FDCWD = -100;
const FIELDS = 18;
/** Device, inode, mode, owner, size, flags and times, not the access time: what uv_fs_poll compares. */
const COMPARED = [0, 1, 2, 3, 4, 5, 7, 8, 12, 13, 14, 15];

type Stats = Float64Array | BigInt64Array;

export class StatWatcher extends HandleWrap {
  readonly #bigint: boolean;
  #path: string | Uint8Array = '';
  #timer: LoopTimer | undefined;
  #last: Stats | undefined;
  /** The error of the last look; `undefined` before the first. */
  #status: number | undefined;

  constructor(bigint: boolean) {
    super('STATWATCHER');
    this.#bigint = bigint;
  }

  start(path: string | Uint8Array, intervalMs: number): number {
    this.#path = path;
    this.#timer = new LoopTimer(() => {
      this.#look();
      this.#timer?.start(intervalMs);
    });
    this.#timer.referenced = this.referenced;
    this.#timer.start(intervalMs);
    enqueueWork(() => this.#look());
    return 0;
  }

  #empty(): Stats {
    return this.#bigint ? new BigInt64Array(FIELDS) : new Float64Array(FIELDS);
  }

  #look(): void {
    if (this.#timer === undefined) return;
    const status = host.ops.sys_fstatat(AT_FDCWD, this.#path, 0, statBuffer);
    const now = status < 0 ? this.#empty() : statsArray(this.#bigint);
    const before = this.#last ?? this.#empty();
    const first = this.#status === undefined;
    const changed = status < 0 ? this.#status !== status :
      !first && (this.#status! < 0 || COMPARED.some((field) => now[field] !== before[field]));
    this.#status = status;
    this.#last = now;
    if (!changed) return;
    const both: any = this.#bigint ? new BigInt64Array(FIELDS * 2) : new Float64Array(FIELDS * 2);
    both.set(now, 0);
    both.set(before, FIELDS);
    makeCallback(this, 'onchange', status, both);
  }

  protected release(): void {
    this.#timer?.stop();
    this.#timer = undefined;
  }

  protected setReferenced(referenced: boolean): void {
    if (this.#timer !== undefined) this.#timer.referenced = referenced;
  }
}
