// UDP sockets, as src/udp_wrap.cc. What does not fit into a queue is lost, as it is on a network.

import { AsyncWrap, makeCallback } from '../async_wrap';
import { HandleWrap } from '../handle_wrap';
import { POLLIN, Watcher } from '../loop';
import { AF_INET, AF_INET6, decode, encodeIp, toPort } from '../socket_address';
import { UV, errorMessage, errorName } from '../uv';
import { asBuffer } from './buffer';

declare global {
  interface Ops {
    sys_sendto(fd: number, bytes: Bytes, flags: number, address: Bytes): Result;
    sys_recvfrom(fd: number, bytes: Bytes, flags: number, address: Bytes): Result;
  }
}

const { ops } = host;
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const IPPROTO_IP = 0;
const IPPROTO_IPV6 = 41;
const SO_REUSEADDR = 2;
const SO_BROADCAST = 6;
const SO_SNDBUF = 7;
const SO_RCVBUF = 8;
const SO_REUSEPORT = 15;
const IP_TTL = 2;
const IP_MULTICAST_TTL = 33;
const IP_MULTICAST_LOOP = 34;
const IPV6_UNICAST_HOPS = 16;
const IPV6_MULTICAST_HOPS = 18;
const IPV6_MULTICAST_LOOP = 19;
const IPV6_V6ONLY = 26;
const UV_UDP_IPV6ONLY = 1;
const UV_UDP_REUSEADDR = 4;
const UV_UDP_REUSEPORT = 64;
const ADDRESS_BYTES = 128;
const UNSPEC = new Uint8Array(16);
const ENODEV = -19;
const ENOPROTOOPT = -92;
/** The largest datagram. */
const MESSAGE_BYTES = 65536;
/** Messages in a row before others get their turn, as libuv. */
const MESSAGES_PER_TURN = 32;
const scratch = new Uint8Array(MESSAGE_BYTES);

class SendWrap extends AsyncWrap {
  constructor() {
    super('UDPSENDWRAP');
  }
}

class UDP extends HandleWrap {
  #fd = -1;
  #family = AF_INET;
  #watcher: Watcher | undefined;
  #receiving = false;

  constructor() {
    super('UDPWRAP');
  }

  get fd(): number { return this.#fd < 0 ? UV.EBADF : this.#fd; }

  #adopt(fd: number, family: number): void {
    this.#fd = fd;
    this.#family = family;
    this.#watcher = new Watcher(fd, () => this.#receive());
    this.#watcher.referenced = this.referenced;
  }

  #ensure(family: number): number {
    if (this.#fd >= 0) return 0;
    const fd = ops.sys_socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return fd;
    this.#adopt(fd, family);
    return 0;
  }

  open(fd: number): number {
    const address = new Uint8Array(ADDRESS_BYTES);
    const length = ops.sys_getsockname(fd, address);
    if (length < 0) return length;
    this.#adopt(fd, address[0]!);
    return 0;
  }

  bind(address: string, port: number, flags: number): number { return this.#bind(AF_INET, address, port, flags); }
  bind6(address: string, port: number, flags: number): number { return this.#bind(AF_INET6, address, port, flags); }

  #bind(family: number, address: string, port: number, flags: number): number {
    const encoded = encodeIp(family, address, toPort(port));
    if (typeof encoded === 'number') return encoded;
    const error = this.#ensure(family);
    if (error < 0) return error;
    if ((flags & UV_UDP_REUSEADDR) !== 0) this.#set(SOL_SOCKET, SO_REUSEADDR, 1);
    if ((flags & UV_UDP_REUSEPORT) !== 0) this.#set(SOL_SOCKET, SO_REUSEPORT, 1);
    if (family === AF_INET6 && (flags & UV_UDP_IPV6ONLY) !== 0) this.#set(IPPROTO_IPV6, IPV6_V6ONLY, 1);
    return Math.min(0, ops.sys_bind(this.#fd, encoded));
  }

  connect(address: string, port: number): number { return this.#connect(AF_INET, address, port); }
  connect6(address: string, port: number): number { return this.#connect(AF_INET6, address, port); }

  #connect(family: number, address: string, port: number): number {
    const encoded = encodeIp(family, address, port);
    if (typeof encoded === 'number') return encoded;
    const error = this.#ensure(family);
    return error < 0 ? error : Math.min(0, ops.sys_connect(this.#fd, encoded));
  }

  disconnect(): number { return Math.min(0, ops.sys_connect(this.#fd, UNSPEC)); }

  send(_req: any, list: Uint8Array[], count: number, ...rest: any[]): number { return this.#send(AF_INET, list, count, rest); }
  send6(_req: any, list: Uint8Array[], count: number, ...rest: any[]): number { return this.#send(AF_INET6, list, count, rest); }

  /** Bytes sent and one more: it is done at once. */
  #send(family: number, list: Uint8Array[], count: number, rest: any[]): number {
    let to: Uint8Array | number = new Uint8Array(0);
    if (rest.length === 3) to = encodeIp(family, rest[1], rest[0]);
    if (typeof to === 'number') return to;
    const error = this.#ensure(family);
    if (error < 0) return error;
    let total = 0;
    for (let i = 0; i < count; i += 1) total += list[i]!.byteLength;
    const message = new Uint8Array(total);
    let at = 0;
    for (let i = 0; i < count; i += 1) {
      const piece = list[i]!;
      message.set(new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength), at);
      at += piece.byteLength;
    }
    const sent = ops.sys_sendto(this.#fd, message, 0, to);
    return sent >= 0 ? total + 1 : sent;
  }

  recvStart(): number {
    if (this.#fd < 0) return UV.EBADF;
    this.#receiving = true;
    this.#watcher?.watch(POLLIN);
    return 0;
  }

  recvStop(): number {
    this.#receiving = false;
    this.#watcher?.watch(0);
    return 0;
  }

  #receive(): void {
    for (let turn = 0; turn < MESSAGES_PER_TURN && this.#receiving; turn += 1) {
      const address = new Uint8Array(ADDRESS_BYTES);
      const length = ops.sys_recvfrom(this.#fd, scratch, 0, address);
      if (length === UV.EAGAIN || length === UV.EINTR) return;
      if (length < 0) {
        makeCallback(this, 'onmessage', length, this, undefined, undefined);
        return;
      }
      const { address: text, family, port } = decode(address);
      makeCallback(this, 'onmessage', length, this, asBuffer(scratch.slice(0, length)), { address: text, family, port });
    }
  }

  getsockname(out: object): number { return this.#name(out, ops.sys_getsockname); }
  getpeername(out: object): number { return this.#name(out, ops.sys_getpeername); }

  #name(out: object, call: (fd: number, address: Uint8Array) => Result): number {
    if (this.#fd < 0) return UV.EBADF;
    const address = new Uint8Array(ADDRESS_BYTES);
    const length = call(this.#fd, address);
    if (length < 0) return length;
    Object.assign(out, decode(address.subarray(0, length)));
    return 0;
  }

  #set(level: number, option: number, value: number): number {
    if (this.#fd < 0) return UV.EBADF;
    return Math.min(0, ops.sys_setsockopt(this.#fd, level, option, new Uint8Array(new Int32Array([value]).buffer)));
  }

  get #isV6(): boolean { return this.#family === AF_INET6; }

  setBroadcast(on: number): number { return this.#set(SOL_SOCKET, SO_BROADCAST, on); }

  setTTL(ttl: number): number {
    if (ttl < 1 || ttl > 255) return UV.EINVAL;
    return this.#isV6 ? this.#set(IPPROTO_IPV6, IPV6_UNICAST_HOPS, ttl) : this.#set(IPPROTO_IP, IP_TTL, ttl);
  }

  setMulticastTTL(ttl: number): number {
    return this.#isV6 ? this.#set(IPPROTO_IPV6, IPV6_MULTICAST_HOPS, ttl) : this.#set(IPPROTO_IP, IP_MULTICAST_TTL, ttl);
  }

  setMulticastLoopback(on: number): number {
    return this.#isV6 ? this.#set(IPPROTO_IPV6, IPV6_MULTICAST_LOOP, on) : this.#set(IPPROTO_IP, IP_MULTICAST_LOOP, on);
  }

  /** A loopback has no groups: each of these says so. */
  #group(...addresses: (string | undefined)[]): number {
    for (const address of addresses) {
      if (address === undefined) continue;
      if (typeof encodeIp(address.includes(':') ? AF_INET6 : AF_INET, address, 0) === 'number') return UV.EINVAL;
    }
    return this.#fd < 0 ? UV.EBADF : addresses.length > 0 ? ENODEV : ENOPROTOOPT;
  }

  setMulticastInterface(address: string): number { return this.#group(address); }
  addMembership(group: string, local?: string): number { return this.#group(group, local); }
  dropMembership(group: string, local?: string): number { return this.#group(group, local); }
  addSourceSpecificMembership(source: string, group: string, local?: string): number { return this.#group(source, group, local); }
  dropSourceSpecificMembership(source: string, group: string, local?: string): number { return this.#group(source, group, local); }

  /** Reads, or with a size sets, how much is kept for sending or receiving. */
  bufferSize(size: number, forReceiving: boolean, ctx: any): number | undefined {
    const option = forReceiving ? SO_RCVBUF : SO_SNDBUF;
    const value = new Uint8Array(4);
    let error = this.#fd < 0 ? UV.EBADF : 0;
    if (error === 0 && size !== 0) error = size > 0x7fffffff ? UV.EINVAL : this.#set(SOL_SOCKET, option, size);
    if (error === 0 && size === 0) error = Math.min(0, ops.sys_getsockopt(this.#fd, SOL_SOCKET, option, value));
    if (error < 0) {
      Object.assign(ctx, { errno: error, code: errorName(error), message: errorMessage(error), syscall: forReceiving ? 'uv_recv_buffer_size' : 'uv_send_buffer_size' });
      return undefined;
    }
    return size !== 0 ? size : new DataView(value.buffer).getInt32(0, true);
  }

  /** Nothing waits to be sent: a datagram goes at once, or is lost. */
  getSendQueueSize(): number { return 0; }
  getSendQueueCount(): number { return 0; }

  protected override release(): void {
    this.#receiving = false;
    this.#watcher?.watch(0);
    if (this.#fd >= 0) ops.sys_close(this.#fd);
    this.#fd = -1;
  }

  protected override setReferenced(referenced: boolean): void {
    if (this.#watcher !== undefined) this.#watcher.referenced = referenced;
  }
}
for (const hidden of ['release', 'setReferenced']) Object.defineProperty(UDP.prototype, hidden, { enumerable: false });

export function create(): object {
  return { UDP, SendWrap };
}
