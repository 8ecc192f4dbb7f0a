// One question to name servers, as c-ares asks it: over UDP, server by server, with more patience in every round; over TCP where an
// answer does not fit, or datagrams do not get out (from a container they never do).

import { LoopTimer, POLLIN, POLLOUT, Watcher } from '../loop';
import { AF_INET, AF_INET6, encodeIp } from '../socket_address';
import { UV } from '../uv';

/** What `dns_answer` gives: the server's code, whether it was cut, then type, time to live and fields of each record. */
type Answer = [code: number, isTruncated: boolean, ...records: any[]];

declare global {
  interface Ops {
    dns_query(id: number, name: string, type: number): Uint8Array | undefined;
    dns_answer(query: Bytes, message: Bytes): Answer | number;
  }
}

export interface Patience { timeoutMs: number; tries: number; maxTimeoutMs: number }
export type Server = [address: string, port: number];
export interface Found { type: number; ttl: number; fields: any }

const { ops } = host;
const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const EACCES = -13;
const ENETUNREACH = -101;
const EINPROGRESS = -115;
const NOT_OURS = -2;
const MESSAGE_BYTES = 65536;
/** c-ares' names for what servers answer. */
const REFUSALS = ['', 'EFORMERR', 'ESERVFAIL', 'ENOTFOUND', 'ENOTIMP', 'EREFUSED'];
/** After these another server may know better. */
const OTHERS_MAY_KNOW = ['ESERVFAIL', 'ENOTIMP', 'EREFUSED', 'ECONNREFUSED', 'ETIMEOUT'];

export class Query {
  #message: Uint8Array;
  #servers: Server[];
  #patience: Patience;
  #done: (failure: string | undefined, found: Found[]) => void;
  #attempt = -1;
  #fd = -1;
  #watcher: Watcher | undefined;
  #timer: LoopTimer;
  /** What has come over TCP. */
  #received = new Uint8Array(0);
  #unsent: Uint8Array | undefined;

  constructor(message: Uint8Array, servers: Server[], patience: Patience, done: (failure: string | undefined, found: Found[]) => void) {
    this.#message = message;
    this.#servers = servers;
    this.#patience = patience;
    this.#done = done;
    this.#timer = new LoopTimer(() => this.#next('ETIMEOUT'));
  }

  start(): void { this.#next('ECONNREFUSED'); }

  /** Nothing comes any more. */
  stop(): void {
    this.#timer.stop();
    this.#watcher?.watch(0);
    this.#watcher = undefined;
    if (this.#fd >= 0) ops.sys_close(this.#fd);
    this.#fd = -1;
  }

  #end(failure: string | undefined, found: Found[] = []): void {
    this.stop();
    this.#done(failure, found);
  }

  /** The next server, or the next round. */
  #next(failure: string): void {
    this.stop();
    this.#attempt += 1;
    if (this.#attempt >= this.#servers.length * this.#patience.tries) {
      this.#end(failure);
      return;
    }
    const round = Math.floor(this.#attempt / this.#servers.length);
    const { timeoutMs, maxTimeoutMs } = this.#patience;
    const patience = timeoutMs * 2 ** round;
    this.#timer.start(maxTimeoutMs > 0 ? Math.min(patience, maxTimeoutMs) : patience);
    this.#ask(SOCK_DGRAM);
  }

  #ask(kind: number): void {
    const [address, port] = this.#servers[this.#attempt % this.#servers.length]!;
    const family = address.includes(':') ? AF_INET6 : AF_INET;
    const encoded = encodeIp(family, address, port);
    if (typeof encoded === 'number') {
      this.#next('ECONNREFUSED');
      return;
    }
    this.#fd = ops.sys_socket(family, kind | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const error = this.#fd < 0 ? this.#fd : ops.sys_connect(this.#fd, encoded);
    if (kind === SOCK_DGRAM) {
      const sent = error < 0 ? error : ops.sys_write(this.#fd, this.#message);
      if (sent === ENETUNREACH) this.#overTcp();
      else if (sent < 0) this.#next('ECONNREFUSED');
      else this.#watch(POLLIN, () => this.#readDatagram());
      return;
    }
    if (error < 0 && error !== EINPROGRESS) {
      this.#next(error === EACCES ? 'EACCES' : 'ECONNREFUSED');
      return;
    }
    this.#received = new Uint8Array(0);
    this.#unsent = new Uint8Array([this.#message.length >> 8, this.#message.length & 255, ...this.#message]);
    this.#watch(POLLOUT, () => this.#talk());
  }

  #overTcp(): void {
    this.#watcher?.watch(0);
    if (this.#fd >= 0) ops.sys_close(this.#fd);
    this.#ask(SOCK_STREAM);
  }

  #watch(events: number, ready: () => void): void {
    this.#watcher = new Watcher(this.#fd, ready);
    this.#watcher.watch(events);
  }

  #readDatagram(): void {
    const room = new Uint8Array(MESSAGE_BYTES);
    const count = ops.sys_read(this.#fd, room);
    if (count === UV.EAGAIN || count === UV.EINTR) return;
    if (count < 0) this.#next('ECONNREFUSED');
    else this.#take(room.subarray(0, count), true);
  }

  /** Sends the question over TCP, and reads until there is a whole message. */
  #talk(): void {
    if (this.#unsent !== undefined) {
      const count = ops.sys_write(this.#fd, this.#unsent);
      if (count === UV.EAGAIN || count === UV.EINTR) return;
      if (count < 0) {
        this.#next('ECONNREFUSED');
        return;
      }
      this.#unsent = count < this.#unsent.length ? this.#unsent.subarray(count) : undefined;
      if (this.#unsent === undefined) this.#watcher?.watch(POLLIN);
      return;
    }
    const room = new Uint8Array(MESSAGE_BYTES);
    const count = ops.sys_read(this.#fd, room);
    if (count === UV.EAGAIN || count === UV.EINTR) return;
    if (count <= 0) {
      this.#next('ECONNREFUSED');
      return;
    }
    const all = new Uint8Array(this.#received.length + count);
    all.set(this.#received);
    all.set(room.subarray(0, count), this.#received.length);
    this.#received = all;
    const length = all.length < 2 ? Infinity : (all[0]! << 8) | all[1]!;
    if (all.length >= length + 2) this.#take(all.subarray(2, length + 2), false);
  }

  #take(message: Uint8Array, isDatagram: boolean): void {
    const answer = ops.dns_answer(this.#message, message);
    // Somebody else's: ours may still come.
    if (answer === NOT_OURS) return;
    if (typeof answer === 'number') {
      this.#end('EBADRESP');
      return;
    }
    const [code, isTruncated, ...records] = answer;
    if (isTruncated && isDatagram) {
      this.#overTcp();
      return;
    }
    if (code !== 0) {
      const failure = REFUSALS[code] ?? 'ESERVFAIL';
      if (OTHERS_MAY_KNOW.includes(failure)) this.#next(failure);
      else this.#end(failure);
      return;
    }
    const found: Found[] = [];
    for (let at = 0; at < records.length; at += 3) found.push({ type: records[at], ttl: records[at + 1], fields: records[at + 2] });
    this.#end(found.length === 0 ? 'ENODATA' : undefined, found);
  }
}
