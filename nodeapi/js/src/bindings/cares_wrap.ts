// Names to addresses, as src/cares_wrap.cc: numeric addresses, localhost, /etc/hosts; other names are asked of the host, by the system
// call `resolve`, and have addresses of 198.18.0.0/15 inside. There is no name server to send queries to.

import { AsyncWrap, makeCallback } from '../async_wrap';
import { enqueueWork, POLLIN, Watcher } from '../loop';
import { explainDenial } from '../net_denial';
import { AF_INET, AF_INET6, decode, ipv4Bytes, ipv6Bytes, ipv6Text } from '../socket_address';
import { UV } from '../uv';
import { utf8Text } from './buffer';

declare global {
  interface Ops {
    sys_openat(dirfd: number, path: Bytes | string, flags: number, mode: number): Result;
    sys_resolve(name: Bytes | string, flags: number): Result;
  }
}

const { ops } = host;
const AT_FDCWD = -100;
const O_NONBLOCK = 0o4000;
const O_CLOEXEC = 0o2000000;
const EAI_NONAME = -3008;
const EAI_AGAIN = -3001;
const EACCES = -13;
const IPV4_FIRST = 1;
const IPV6_FIRST = 2;

class GetAddrInfoReqWrap extends AsyncWrap {
  constructor() {
    super('GETADDRINFOREQWRAP');
  }
}

class GetNameInfoReqWrap extends AsyncWrap {
  constructor() {
    super('GETNAMEINFOREQWRAP');
  }
}

class QueryReqWrap extends AsyncWrap {
  constructor() {
    super('QUERYWRAP');
  }
}

/** Lines of /etc/hosts as `[address, ...names]`. */
function hostsFile(): string[][] {
  const fd = ops.sys_openat(AT_FDCWD, '/etc/hosts', 0, 0);
  if (fd < 0) return [];
  let text = '';
  const buffer = new Uint8Array(65536);
  for (;;) {
    const count = ops.sys_read(fd, buffer);
    if (count <= 0) break;
    text += utf8Text(buffer.subarray(0, count));
  }
  ops.sys_close(fd);
  return text.split('\n').map((line) => line.replace(/#.*/, '').trim().split(/\s+/)).filter((words) => words.length > 1);
}

function isLocalhost(name: string): boolean {
  return name === 'localhost' || name.endsWith('.localhost');
}

/** Names that are of no network: RFC 6761, 6.4, and what is no name at all. */
function isReserved(name: string): boolean {
  return /(^|\.)invalid\.?$/i.test(name) || !/^[a-z0-9_.-]+$/i.test(name);
}

/** The addresses of a name that are known here, IPv4 first. */
function knownHere(name: string): string[] {
  if (ipv4Bytes(name) !== undefined || ipv6Bytes(name) !== undefined) return [name];
  const lower = name.toLowerCase();
  const found = hostsFile().filter((words) => words.slice(1).some((word) => word.toLowerCase() === lower)).map((words) => words[0]!);
  if (found.length > 0) return found;
  return isLocalhost(lower) ? ['127.0.0.1', '::1'] : [];
}

/** Asks the host about a name; `done` gets its addresses, or an error of uv's. */
function askHost(name: string, done: (addresses: string[] | number) => void): void {
  const fd = ops.sys_resolve(name, O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) {
    const error = fd === EACCES ? EACCES : fd === UV.EAGAIN ? EAI_AGAIN : EAI_NONAME;
    enqueueWork(() => done(error));
    return;
  }
  const watcher = new Watcher(fd, () => {
    const answer = new Uint8Array(64);
    const length = ops.sys_read(fd, answer);
    if (length === UV.EAGAIN || length === UV.EINTR) return;
    watcher.watch(0);
    ops.sys_close(fd);
    if (length >= 8) {
      done([decode(answer.subarray(0, length)).address]);
      return;
    }
    const errno = length === 4 ? new DataView(answer.buffer).getInt32(0, true) : 0;
    done(-errno === EACCES ? EACCES : -errno === UV.EAGAIN ? EAI_AGAIN : EAI_NONAME);
  });
  watcher.watch(POLLIN);
}

function getaddrinfo(req: any, name: string, family: number, _flags: number, order: number): number {
  const is6 = (address: string) => address.includes(':');
  const done = (outcome: string[] | number): void => {
    if (outcome === EACCES) explainDenial(req, name);
    const addresses = typeof outcome === 'number' ? [] : outcome.filter((one) => (family !== 4 && family !== 6) || is6(one) === (family === 6));
    if (order === IPV4_FIRST) addresses.sort((a, b) => Number(is6(a)) - Number(is6(b)));
    if (order === IPV6_FIRST) addresses.sort((a, b) => Number(is6(b)) - Number(is6(a)));
    if (addresses.length === 0) makeCallback(req, 'oncomplete', typeof outcome === 'number' ? outcome : EAI_NONAME);
    else makeCallback(req, 'oncomplete', null, addresses);
  };
  const here = knownHere(name);
  if (here.length > 0) enqueueWork(() => done(here));
  else if (isReserved(name)) enqueueWork(() => done([]));
  else askHost(name, done);
  return 0;
}

function getnameinfo(req: any, address: string, port: number): number {
  enqueueWork(() => {
    const names = hostsFile().find((words) => words[0] === address)?.slice(1);
    const local = address === '127.0.0.1' || address === '::1' ? ['localhost'] : undefined;
    makeCallback(req, 'oncomplete', null, (names ?? local ?? [address])[0], String(port));
  });
  return 0;
}

/** `net.isIP`'s normal form, `undefined` for what is no address. */
function canonicalizeIP(text: string): string | undefined {
  const v4 = ipv4Bytes(text);
  if (v4 !== undefined) return v4.join('.');
  const v6 = ipv6Bytes(text);
  return v6 === undefined ? undefined : ipv6Text(v6);
}

/** Addresses of one family, as `dns.resolve4` and `resolve6` want them: the host knows them, without a server. */
function queryAddresses(req: any, name: string, wants6: boolean): number {
  const done = (outcome: string[] | number): void => {
    if (outcome === EACCES) explainDenial(req, name);
    const found = typeof outcome === 'number' ? [] : outcome.filter((one) => one.includes(':') === wants6);
    const failure = outcome === EACCES ? 'EACCES' : outcome === EAI_AGAIN ? 'ETIMEOUT' : typeof outcome === 'number' || outcome.length === 0 ? 'ENOTFOUND' : 'ENODATA';
    if (found.length === 0) makeCallback(req, 'oncomplete', failure);
    else makeCallback(req, 'oncomplete', null, found, found.map(() => 0));
  };
  const here = knownHere(name);
  if (here.length > 0 || isReserved(name)) enqueueWork(() => done(here));
  else askHost(name, done);
  return 0;
}

/** The resolver of `dns.resolve*`. Queries for anything but addresses fail at once: there is no server. */
class ChannelWrap extends AsyncWrap {
  #servers: Array<[string, number]> = [['127.0.0.1', 53]];

  constructor() {
    super('DNSCHANNEL');
  }

  getServers(): Array<[string, number]> {
    return this.#servers;
  }

  setServers(servers: Array<[number, string, number]>): number {
    this.#servers = servers.map(([, address, port]) => [address, port]);
    return 0;
  }

  setLocalAddress(): void {}

  cancel(): void {}
}
for (const [name, wants6] of [['A', false], ['Aaaa', true]] as const) {
  const value = (req: any, host: string): number => queryAddresses(req, host, wants6);
  Object.defineProperty(ChannelWrap.prototype, `query${name}`, { configurable: true, writable: true, value });
}
for (const name of ['Any', 'Caa', 'Cname', 'Mx', 'Ns', 'Tlsa', 'Txt', 'Srv', 'Ptr', 'Naptr', 'Soa']) {
  Object.defineProperty(ChannelWrap.prototype, `query${name}`, { configurable: true, writable: true, value: refuse });
}
Object.defineProperty(ChannelWrap.prototype, 'getHostByAddr', { configurable: true, writable: true, value: refuse });

function refuse(req: any): number {
  enqueueWork(() => makeCallback(req, 'oncomplete', 'ECONNREFUSED'));
  return 0;
}

export function create(): object {
  return {
    GetAddrInfoReqWrap, GetNameInfoReqWrap, QueryReqWrap, ChannelWrap, getaddrinfo, getnameinfo, canonicalizeIP,
    convertIpv6StringToBuffer: (text: string) => ipv6Bytes(text) ?? null,
    strerror: (code: string) => code,
    AF_INET, AF_INET6,
  };
}
