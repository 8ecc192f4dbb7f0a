// `spawnSync` and its kin, as src/spawn_sync.cc: runs a child to its end with a small loop of its own.

import { monotonicNs, POLLHUP, POLLIN, POLLOUT } from '../loop';
import { openNull, reap, socketPair, spawn, type Ended, type SpawnOptions } from '../spawn';
import { UV } from '../uv';
import { asBuffer } from './buffer';
import { demand } from './permission';

const { ops } = host;
const SHUT_WR = 1;
const SIGTERM = 15;

interface Stdio { type: string; readable?: boolean; writable?: boolean; input?: ArrayBufferView; fd?: number; handle?: any }
interface Options extends SpawnOptions { stdio: Stdio[]; timeout?: number; maxBuffer?: number; killSignal?: number }

/** One pipe to the child. */
class Channel {
  readonly chunks: Uint8Array[] = [];
  size = 0;
  #rest: Uint8Array;
  open = true;
  constructor(readonly fd: number, readonly collects: boolean, input: ArrayBufferView | undefined) {
    this.#rest = input === undefined ? new Uint8Array(0) : new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
    if (this.#rest.length === 0) ops.sys_shutdown(fd, SHUT_WR);
  }

  get events(): number {
    return POLLIN | (this.#rest.length > 0 ? POLLOUT : 0);
  }

  ready(events: number): void {
    if (events & POLLOUT && this.#rest.length > 0) {
      const written = ops.sys_write(this.fd, this.#rest.subarray(0, 65536));
      this.#rest = written < 0 && written !== UV.EAGAIN ? new Uint8Array(0) : this.#rest.subarray(Math.max(0, written));
      if (this.#rest.length === 0) ops.sys_shutdown(this.fd, SHUT_WR);
    }
    if (events & (POLLIN | POLLHUP)) {
      const buffer = new Uint8Array(65536);
      const count = ops.sys_read(this.fd, buffer);
      if (count > 0) {
        this.chunks.push(buffer.subarray(0, count));
        this.size += count;
      } else if (count !== UV.EAGAIN) {
        this.close();
      }
    }
  }

  close(): void {
    if (this.open) ops.sys_close(this.fd);
    this.open = false;
  }

  output(): Uint8Array {
    const all = new Uint8Array(this.size);
    let at = 0;
    for (const chunk of this.chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    return asBuffer(all);
  }
}

/** Waits until a channel or the child (`pidfd`, -1 when it has ended) is ready, at most until `deadlineNs`. */
function wait(channels: Channel[], pidfd: number, deadlineNs: number): void {
  const open = channels.filter((channel) => channel.open);
  const records = new Uint8Array((open.length + 1) * 8);
  const view = new DataView(records.buffer);
  open.forEach((channel, i) => {
    view.setInt32(i * 8, channel.fd, true);
    view.setUint16(i * 8 + 4, channel.events, true);
  });
  view.setInt32(open.length * 8, pidfd, true);
  view.setUint16(open.length * 8 + 4, POLLIN, true);
  const ready = new Uint8Array(records.length);
  const timeout = deadlineNs === Infinity ? -1 : Math.max(0, deadlineNs - monotonicNs());
  if (ops.sys_poll(records, timeout, ready) <= 0) return;
  const answers = new DataView(ready.buffer);
  open.forEach((channel, i) => {
    const events = answers.getUint16(i * 8 + 6, true);
    if (events !== 0) channel.ready(events);
  });
}

function run(options: Options): object {
  demand('ChildProcess', options.file);
  const fds: Array<[number, number]> = [];
  const channels: Array<Channel | undefined> = [];
  const theirs: number[] = [];
  options.stdio.forEach((entry, i) => {
    if (entry.type === 'pipe') {
      const pair = socketPair();
      if (typeof pair === 'number') return;
      theirs.push(pair[1]);
      fds.push([i, pair[1]]);
      channels[i] = new Channel(pair[0], entry.writable === true, entry.input);
    } else if (entry.type === 'ignore') {
      const fd = openNull();
      if (fd >= 0) theirs.push(fd);
      fds.push([i, fd < 0 ? -1 : fd]);
    } else {
      fds.push([i, entry.fd ?? i]);
    }
  });
  const pid = spawn(options, fds);
  for (const fd of theirs) ops.sys_close(fd);
  const list = channels.filter((channel) => channel !== undefined);
  if (pid < 0) {
    for (const channel of list) channel.close();
    return { error: pid, status: null, signal: null, output: null, pid: 0 };
  }
  const { ended, error } = supervise(options, pid, list);
  const output = options.stdio.map((_, i) => (channels[i]?.collects ? channels[i].output() : null));
  for (const channel of list) channel.close();
  const result = { status: ended.signal === null ? ended.code : null, signal: ended.signal, output, pid };
  return error === 0 ? result : { error, ...result };
}

/** Until the child has ended and nobody can write to its pipes any more. As `SyncProcessRunner`: what goes wrong closes them. */
function supervise(options: Options, pid: number, channels: Channel[]): { ended: Ended; error: number } {
  const ENOBUFS = -105;
  const pidfd = ops.sys_pidfd_open(pid, 0);
  const limit = options.maxBuffer !== undefined && options.maxBuffer > 0 ? options.maxBuffer : Infinity;
  let deadlineNs = options.timeout !== undefined && options.timeout > 0 ? monotonicNs() + options.timeout * 1e6 : Infinity;
  let ended: Ended | undefined;
  let error = 0;
  const stop = (reason: number): void => {
    error = reason;
    deadlineNs = Infinity;
    if (ended === undefined) ops.sys_kill(pid, options.killSignal || SIGTERM);
    for (const channel of channels) channel.close();
  };
  for (;;) {
    ended ??= reap(pid);
    if (ended !== undefined && !channels.some((channel) => channel.open)) break;
    wait(channels, ended === undefined ? pidfd : -1, deadlineNs);
    if (error !== 0) continue;
    if (channels.reduce((size, channel) => size + (channel.collects ? channel.size : 0), 0) > limit) stop(ENOBUFS);
    else if (monotonicNs() >= deadlineNs) stop(UV.ETIMEDOUT);
  }
  ops.sys_close(pidfd);
  return { ended, error };
}

export function create(): object {
  return { spawn: run };
}
