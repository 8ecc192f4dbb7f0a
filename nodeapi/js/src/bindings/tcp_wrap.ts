// TCP sockets, as src/tcp_wrap.cc. `setTypeOfService` is left out: there are no packets to mark, and the library does without it.

import { AsyncWrap } from '../async_wrap';
import { ConnectionWrap, SOL_SOCKET } from '../connection_wrap';
import { explainRefusal } from '../net_denial';
import { AF_INET, AF_INET6, encodeIp, toPort } from '../socket_address';

const { ops } = host;
const SERVER = 1;
const IPPROTO_TCP = 6;
const TCP_NODELAY = 1;
const TCP_KEEPIDLE = 4;
const SO_REUSEADDR = 2;
const SO_KEEPALIVE = 9;
const SO_LINGER = 13;
const SO_REUSEPORT = 15;
const IPPROTO_IPV6 = 41;
const IPV6_V6ONLY = 26;
const UV_TCP_IPV6ONLY = 1;
const UV_TCP_REUSEPORT = 2;
const EACCES = -13;

class TCP extends ConnectionWrap {
  constructor(kind: number) {
    super(kind === SERVER ? 'TCPSERVERWRAP' : 'TCPWRAP');
  }

  protected override accepted(fd: number): TCP {
    const client = new TCP(0);
    client.adopt(fd);
    return client;
  }

  bind(address: string, port: number, flags = 0): number {
    return this.#bind(AF_INET, address, port, flags);
  }

  bind6(address: string, port: number, flags = 0): number {
    return this.#bind(AF_INET6, address, port, flags);
  }

  connect(req: AsyncWrap, address: string, port: number): number {
    return this.#connect(req, AF_INET, address, port);
  }

  connect6(req: AsyncWrap, address: string, port: number): number {
    return this.#connect(req, AF_INET6, address, port);
  }

  setNoDelay(enable: boolean): number {
    return this.#set(IPPROTO_TCP, TCP_NODELAY, enable ? 1 : 0);
  }

  setKeepAlive(enable: boolean, delayS: number): number {
    const error = this.#set(SOL_SOCKET, SO_KEEPALIVE, enable ? 1 : 0);
    return error < 0 || !enable || !(delayS > 0) ? error : this.#set(IPPROTO_TCP, TCP_KEEPIDLE, delayS);
  }

  /** Closes at once, and the other end hears of a reset: with lingering for no time. */
  reset(callback?: () => void): number {
    if (this.fd >= 0) ops.sys_setsockopt(this.fd, SOL_SOCKET, SO_LINGER, new Uint8Array(new Int32Array([1, 0]).buffer));
    this.close(callback);
    return 0;
  }

  #bind(family: number, address: string, port: number, flags: number): number {
    const encoded = encodeIp(family, address, toPort(port));
    if (typeof encoded === 'number') return encoded;
    const error = this.ensureSocket(family);
    if (error < 0) return error;
    this.#set(SOL_SOCKET, SO_REUSEADDR, 1);
    if ((flags & UV_TCP_REUSEPORT) !== 0) this.#set(SOL_SOCKET, SO_REUSEPORT, 1);
    if (family === AF_INET6 && (flags & UV_TCP_IPV6ONLY) !== 0) {
      const failed = this.#set(IPPROTO_IPV6, IPV6_V6ONLY, 1);
      if (failed < 0) return failed;
    }
    return this.bindTo(encoded);
  }

  #connect(req: AsyncWrap, family: number, address: string, port: number): number {
    const encoded = encodeIp(family, address, port);
    if (typeof encoded === 'number') return encoded;
    const error = this.ensureSocket(family);
    if (error < 0) return error;
    const result = this.connectTo(req, encoded);
    if (result === EACCES) explainRefusal(this, address);
    return result;
  }

  #set(level: number, option: number, value: number): number {
    if (this.fd < 0) return 0;
    return Math.min(0, ops.sys_setsockopt(this.fd, level, option, new Uint8Array(new Int32Array([value]).buffer)));
  }
}

class TCPConnectWrap extends AsyncWrap {
  constructor() {
    super('TCPCONNECTWRAP');
  }
}

export function create(): object {
  return { TCP, TCPConnectWrap };
}
