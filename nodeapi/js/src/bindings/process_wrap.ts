// Child processes, as src/process_wrap.cc.

import { makeCallback } from '../async_wrap';
import { HandleWrap } from '../handle_wrap';
import { POLLIN, Watcher } from '../loop';
import { openNull, reap, socketPair, spawn } from '../spawn';
import { UV } from '../uv';
import { demand } from './permission';

const { ops } = host;
const DETACHED = 1;

interface Stdio { type: string; handle?: any; fd?: number }

class Process extends HandleWrap {
  declare pid?: number;
  #task = -1;
  #pidfd = -1;
  #watcher: Watcher | undefined;

  constructor() {
    super('PROCESSWRAP');
  }

  spawn(
    file: string, args: string[], cwd: string | undefined, envPairs: string[] | undefined, stdio: Stdio[], flags: number,
    uid?: number, gid?: number,
  ): number {
    demand('ChildProcess', file);
    const fds: Array<[number, number]> = [];
    const ours: Array<{ handle: any; fd: number }> = [];
    const theirs: number[] = [];
    let error = 0;
    for (let i = 0; i < stdio.length && error === 0; i += 1) {
      const entry = stdio[i]!;
      if (entry.type === 'ignore') {
        if (i > 2) continue;
        const fd = openNull();
        if (fd < 0) fds.push([i, -1]);
        else {
          theirs.push(fd);
          fds.push([i, fd]);
        }
      } else if (entry.type === 'pipe' || entry.type === 'overlapped') {
        const pair = socketPair();
        if (typeof pair === 'number') error = pair;
        else {
          ours.push({ handle: entry.handle, fd: pair[0] });
          theirs.push(pair[1]);
          fds.push([i, pair[1]]);
        }
      } else {
        const fd = entry.type === 'wrap' ? entry.handle.fd : entry.fd;
        if (typeof fd !== 'number' || fd < 0) error = UV.EBADF;
        else fds.push([i, fd]);
      }
    }
    if (error === 0) {
      const result = spawn({ file, args, cwd, envPairs, detached: (flags & DETACHED) !== 0, uid, gid }, fds);
      if (result < 0) error = result;
      else this.#started(result);
    }
    for (const fd of theirs) ops.sys_close(fd);
    // Also when there is no child: Node reads the end of these streams then.
    for (const { handle, fd } of ours) handle.open(fd);
    return error;
  }

  #started(task: number): void {
    this.#task = task;
    this.pid = task;
    this.#pidfd = ops.sys_pidfd_open(task, 0);
    this.#watcher = new Watcher(this.#pidfd, () => this.#ended(), true);
    this.#watcher.referenced = this.referenced;
    this.#watcher.watch(POLLIN);
  }

  #ended(): void {
    const ended = reap(this.#task);
    if (ended === undefined) return;
    this.release();
    makeCallback(this, 'onexit', ended.code, ended.signal ?? '');
  }

  kill(signal: number): number {
    if (this.#task < 0 || this.#pidfd < 0) return UV.ESRCH;
    return ops.sys_kill(this.#task, signal);
  }

  protected release(): void {
    this.#watcher?.watch(0);
    this.#watcher = undefined;
    if (this.#pidfd >= 0) ops.sys_close(this.#pidfd);
    this.#pidfd = -1;
  }

  protected setReferenced(referenced: boolean): void {
    if (this.#watcher !== undefined) this.#watcher.referenced = referenced;
  }
}

export function create(): object {
  return { Process };
}
