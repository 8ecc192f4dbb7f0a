// Names to addresses, as src/cares_wrap.cc: numeric addresses, localhost, /etc/hosts; other names are asked of the host, by the system
// call `resolve`, and have addresses of 198.18.0.0/15 inside. Queries go to name servers that the program or /etc/resolv.conf names.

import { AsyncWrap, makeCallback } from '../async_wrap';
import { Query, type Found, type Patience, type Server } from '../dns/query';
import { RECORD, results, type RecordName } from '../dns/records';
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
const DNS_PORT = 53;
const DNS_ESETSRVPENDING = -1000;
/** c-ares' own patience for the first round. */
const TIMEOUT_MS = 2000;

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

/** The words of each line of a table that has some. */
function lines(path: string): string[][] {
  const fd = ops.sys_openat(AT_FDCWD, path, 0, 0);
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

/** Lines of /etc/hosts as `[address, ...names]`. */
function hostsFile(): string[][] {
  return lines('/etc/hosts');
}

function isLoopback(address: string): boolean {
  return address === '127.0.0.1' || address === '::1';
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
    const name = hostsFile().find((words) => words[0] === address)?.[1] ?? (isLoopback(address) ? 'localhost' : undefined);
    const service = lines('/etc/services').find((words) => words[1] === `${port}/tcp`)?.[0] ?? String(port);
    if (name === undefined) makeCallback(req, 'oncomplete', EAI_NONAME);
    else makeCallback(req, 'oncomplete', null, name, service);
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
function queryAddresses(req: any, name: string, wants6: boolean, isWanted: () => boolean): void {
  const done = (outcome: string[] | number): void => {
    if (!isWanted()) return;
    if (outcome === EACCES) explainDenial(req, name);
    const found = typeof outcome === 'number' ? [] : outcome.filter((one) => one.includes(':') === wants6);
    const failure = outcome === EACCES ? 'EACCES' : outcome === EAI_AGAIN ? 'ETIMEOUT' : typeof outcome === 'number' || outcome.length === 0 ? 'ENOTFOUND' : 'ENODATA';
    if (found.length === 0) makeCallback(req, 'oncomplete', failure);
    else makeCallback(req, 'oncomplete', null, found, found.map(() => 0));
  };
  const here = knownHere(name);
  if (here.length > 0 || isReserved(name)) enqueueWork(() => done(here));
  else askHost(name, done);
}

/** The resolver of `dns.resolve*`. */
class ChannelWrap extends AsyncWrap {
  /** What the program has set; without it those of /etc/resolv.conf are asked, and the host for addresses. */
  #servers: Server[] | undefined;
  #patience: Patience;
  #active = new Map<Query, any>();
  /** Answers from here or from the host that have not been told. */
  #local = new Set<any>();

  constructor(timeoutMs: number, tries: number, maxTimeoutMs: number) {
    super('DNSCHANNEL');
    this.#patience = { timeoutMs: timeoutMs > 0 ? timeoutMs : TIMEOUT_MS, tries, maxTimeoutMs };
  }

  getServers(): Server[] {
    return (this.#servers ?? configured()).map(([address, port]) => [address, port]);
  }

  setServers(servers: Array<[number, string, number]>): number {
    if (this.#active.size + this.#local.size > 0) return DNS_ESETSRVPENDING;
    this.#servers = servers.map(([, address, port]) => [address, port]);
    return 0;
  }

  /** There is one network: checked, and of no effect. */
  setLocalAddress(first: string, second?: string): void {
    const families = [first, second].filter((one) => one !== undefined).map((one) => (ipv4Bytes(one!) !== undefined ? 4 : ipv6Bytes(one!) !== undefined ? 6 : 0));
    const fail = (text: string): never => { throw Object.assign(new Error(text), { code: 'ERR_INVALID_ARG_VALUE' }); };
    if (families.includes(0)) fail('Invalid IP address.');
    if (families[0] === families[1]) fail(`Cannot specify two IPv${families[0]} addresses.`);
  }

  cancel(): void {
    const reqs = [...this.#active.values(), ...this.#local];
    for (const query of this.#active.keys()) query.stop();
    this.#active.clear();
    this.#local.clear();
    for (const req of reqs) enqueueWork(() => makeCallback(req, 'oncomplete', 'ECANCELLED'));
  }

  /** Asks; addresses of the host unless the program has set servers. */
  ask(req: any, name: string, of: RecordName): number {
    if (this.#servers === undefined && (of === 'A' || of === 'Aaaa')) {
      this.#local.add(req);
      queryAddresses(req, name, of === 'Aaaa', () => this.#local.delete(req));
      return 0;
    }
    return this.#send(req, name, of, (found) => makeCallback(req, 'oncomplete', null, ...results(of, found)));
  }

  #send(req: any, name: string, of: RecordName, done: (found: Found[]) => void): number {
    const id = new Uint8Array(2);
    ops.sys_getrandom(id, 0);
    const message = ops.dns_query((id[0]! << 8) | id[1]!, name, RECORD[of]);
    if (message === undefined) {
      enqueueWork(() => makeCallback(req, 'oncomplete', 'EBADNAME'));
      return 0;
    }
    const query = new Query(message, this.#servers ?? configured(), this.#patience, (failure, found) => {
      this.#active.delete(query);
      const none = of !== 'Any' && !found.some(({ type }) => type === RECORD[of]);
      enqueueWork(() => {
        if (failure === 'EACCES') explainDenial(req, name);
        if (failure !== undefined || none) makeCallback(req, 'oncomplete', failure ?? 'ENODATA');
        else done(found);
      });
    });
    this.#active.set(query, req);
    query.start();
    return 0;
  }

  getHostByAddr(req: any, address: string): number {
    const bytes = ipv4Bytes(address) ?? ipv6Bytes(address);
    if (bytes === undefined) return UV.EINVAL;
    const names = hostsFile().find((words) => words[0] === address)?.slice(1, 2) ?? (isLoopback(address) ? ['localhost'] : []);
    if (names.length > 0) {
      enqueueWork(() => makeCallback(req, 'oncomplete', null, names));
      return 0;
    }
    const digits = (byte: number): string[] => [(byte & 15).toString(16), (byte >> 4).toString(16)];
    const reverse = [...bytes].reverse();
    const name = bytes.length === 4 ? `${reverse.join('.')}.in-addr.arpa` : `${reverse.flatMap(digits).join('.')}.ip6.arpa`;
    return this.#send(req, name, 'Ptr', (found) => makeCallback(req, 'oncomplete', null, ...results('Ptr', found)));
  }
}
for (const name of Object.keys(RECORD) as RecordName[]) {
  const value = function(this: ChannelWrap, req: any, hostname: string): number { return this.ask(req, hostname, name); };
  Object.defineProperty(ChannelWrap.prototype, `query${name}`, { configurable: true, writable: true, value });
}
Object.defineProperty(ChannelWrap.prototype, 'ask', { enumerable: false });

/** The servers of /etc/resolv.conf; without any it is c-ares' own idea of one, which nobody is at. */
function configured(): Server[] {
  const servers = lines('/etc/resolv.conf').filter((words) => words[0] === 'nameserver').map((words): Server => [words[1] ?? '', DNS_PORT]);
  const usable = servers.filter(([address]) => ipv4Bytes(address) !== undefined || ipv6Bytes(address) !== undefined);
  return usable.length > 0 ? usable : [['127.0.0.1', DNS_PORT]];
}

/** Of c-ares' errors those that can happen where a number is wanted. */
function strerror(code: number): string {
  return code === DNS_ESETSRVPENDING ? 'There are pending queries.' : String(code);
}

export function create(): object {
  return {
    GetAddrInfoReqWrap, GetNameInfoReqWrap, QueryReqWrap, ChannelWrap, getaddrinfo, getnameinfo, canonicalizeIP,
    convertIpv6StringToBuffer: (text: string) => ipv6Bytes(text) ?? null,
    strerror,
    AF_INET, AF_INET6,
  };
}
