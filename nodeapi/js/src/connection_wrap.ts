// node::ConnectionWrap: streams over sockets that can listen, accept and connect.

import { makeCallback } from './async_wrap';
import { enqueueWork, POLLIN, POLLOUT } from './loop';
import { decode } from './socket_address';
import { LibuvStreamWrap } from './stream_base';
import { UV } from './uv';

declare global {
  interface Ops {
    sys_socket(domain: number, kind: number, protocol: number): Result;
    sys_bind(fd: number, address: Bytes): Result;
    sys_listen(fd: number, backlog: number): Result;
    sys_accept4(fd: number, flags: number, address: Bytes): Result;
    sys_connect(fd: number, address: Bytes): Result;
    sys_getsockname(fd: number, address: Bytes): Result;
    sys_getpeername(fd: number, address: Bytes): Result;
    sys_getsockopt(fd: number, level: number, option: number, value: Bytes): Result;
    sys_setsockopt(fd: number, level: number, option: number, value: Bytes): Result;
  }
}

const { ops } = host;
const SOCK_STREAM = 1;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
export const SOL_SOCKET = 1;
const SO_ERROR = 4;
const ADDRESS_BYTES = 128;
const ECONNREFUSED = -111;

export abstract class ConnectionWrap extends LibuvStreamWrap {
  #listening = false;
  #connecting: any;
  /** An address in use is reported by `listen`, as libuv does: Node's library counts on it. */
  #delayedError = 0;

  /** A handle of the same kind for a connection that was accepted. */
  protected abstract accepted(fd: number): ConnectionWrap;

  open(fd: number): number {
    this.adopt(fd);
    if (fd > 2) this.setNonBlocking();
    return 0;
  }

  /** Makes the socket if there is none yet; gives an error or 0. */
  protected ensureSocket(family: number): number {
    if (this.fd >= 0) return 0;
    const fd = ops.sys_socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return fd;
    this.adopt(fd);
    return 0;
  }

  protected bindTo(address: Uint8Array): number {
    const result = ops.sys_bind(this.fd, address);
    if (result === UV.EADDRINUSE) {
      this.#delayedError = result;
      return 0;
    }
    return Math.min(0, result);
  }

  listen(backlog: number): number {
    if (this.#delayedError !== 0) return this.#delayedError;
    const result = ops.sys_listen(this.fd, backlog);
    if (result < 0) return result;
    this.#listening = true;
    this.updateWatch();
    return 0;
  }

  protected connectTo(req: any, address: Uint8Array): number {
    if (this.#connecting !== undefined) return UV.EALREADY;
    const result = ops.sys_connect(this.fd, address);
    if (result < 0 && result !== UV.EINPROGRESS && result !== ECONNREFUSED) return result;
    this.#connecting = req;
    if (result === UV.EINPROGRESS) this.updateWatch();
    else enqueueWork(() => this.#connected(Math.min(0, result)));
    return 0;
  }

  getsockname(out: object): number {
    return this.#name(out, ops.sys_getsockname);
  }

  getpeername(out: object): number {
    return this.#name(out, ops.sys_getpeername);
  }

  #name(out: object, call: (fd: number, address: Uint8Array) => Result): number {
    if (this.fd < 0) return UV.EBADF;
    const address = new Uint8Array(ADDRESS_BYTES);
    const length = call(this.fd, address);
    if (length < 0) return length;
    Object.assign(out, decode(address.subarray(0, length)));
    return 0;
  }

  protected override extraEvents(): number {
    return (this.#listening ? POLLIN : 0) | (this.#connecting !== undefined ? POLLOUT : 0);
  }

  protected override onReady(revents: number): void {
    if (this.#listening) {
      this.#accept();
      return;
    }
    if (this.#connecting !== undefined) {
      const value = new Uint8Array(4);
      const result = ops.sys_getsockopt(this.fd, SOL_SOCKET, SO_ERROR, value);
      this.#connected(result < 0 ? result : -new DataView(value.buffer).getInt32(0, true));
      return;
    }
    super.onReady(revents);
  }

  protected override release(): void {
    const req = this.#connecting;
    this.#connecting = undefined;
    this.#listening = false;
    super.release();
    if (req !== undefined) enqueueWork(() => makeCallback(req, 'oncomplete', UV.ECANCELED, this, req, false, false));
  }

  #connected(status: number): void {
    const req = this.#connecting;
    if (req === undefined) return;
    this.#connecting = undefined;
    this.updateWatch();
    makeCallback(req, 'oncomplete', status, this, req, status === 0, status === 0);
  }

  #accept(): void {
    while (this.#listening) {
      const fd = ops.sys_accept4(this.fd, SOCK_NONBLOCK | SOCK_CLOEXEC, new Uint8Array(ADDRESS_BYTES));
      if (fd === UV.EAGAIN || fd === UV.EINTR) return;
      if (fd < 0) {
        makeCallback(this, 'onconnection', fd, undefined);
        return;
      }
      makeCallback(this, 'onconnection', 0, this.accepted(fd));
    }
  }
}
for (const hidden of ['accepted', 'ensureSocket', 'bindTo', 'connectTo', 'extraEvents', 'onReady', 'release']) {
  Object.defineProperty(ConnectionWrap.prototype, hidden, { enumerable: false, configurable: true, writable: true });
}
