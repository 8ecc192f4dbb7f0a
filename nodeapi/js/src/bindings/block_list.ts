// Addresses of sockets and lists of those to be refused, as src/node_sockaddr.cc.

import { AF_INET, AF_INET6, ipv4Bytes, ipv6Bytes, ipv6Text } from '../socket_address';

/** Sixteen bytes: addresses of IPv4 as IPv6 has them, so that `::ffff:1.2.3.4` and `1.2.3.4` are one. */
function normal(bytes: Uint8Array): Uint8Array {
  if (bytes.length === 16) return bytes;
  const mapped = new Uint8Array(16);
  mapped.set([255, 255], 10);
  mapped.set(bytes, 12);
  return mapped;
}

function compare(one: Uint8Array, two: Uint8Array): number {
  for (let i = 0; i < 16; i += 1) if (one[i] !== two[i]) return one[i]! - two[i]!;
  return 0;
}

class SocketAddress {
  #text: string;
  #bytes: Uint8Array;
  #port: number;
  #family: number;
  #flowlabel: number;

  constructor(address: string, port: number, family: number, flowlabel: number) {
    const bytes = family === AF_INET6 ? ipv6Bytes(address) : ipv4Bytes(address);
    if (bytes === undefined) throw Object.assign(new Error('Invalid socket address'), { code: 'ERR_INVALID_ADDRESS' });
    this.#bytes = bytes;
    this.#text = family === AF_INET6 ? ipv6Text(bytes) : bytes.join('.');
    this.#port = port;
    this.#family = family;
    this.#flowlabel = flowlabel;
  }

  static bytesOf(address: SocketAddress): Uint8Array {
    return normal(address.#bytes);
  }

  static wordsOf(address: SocketAddress): [family: string, text: string, prefixOffset: number] {
    return address.#family === AF_INET6 ? ['IPv6', address.#text, 0] : ['IPv4', address.#text, 96];
  }

  detail(out: any): object {
    return Object.assign(out, { address: this.#text, port: this.#port, family: this.#family, flowlabel: this.#flowlabel });
  }

  legacyDetail(out: any): object {
    return Object.assign(out, { address: this.#text, port: this.#port, family: this.#family === AF_INET6 ? 'IPv6' : 'IPv4' });
  }

  flowlabel(): number { return this.#flowlabel; }
}
for (const hidden of ['bytesOf', 'wordsOf']) Object.defineProperty(SocketAddress, hidden, { enumerable: false });
const { bytesOf, wordsOf } = SocketAddress;

/** Shown are addresses first, then subnets, then ranges; of each kind the newest first. */
const enum Kind { Address, Subnet, Range }

interface Rule { kind: Kind; text: string; holds: (address: Uint8Array) => boolean }

function rangeRule(start: SocketAddress, end: SocketAddress): Rule {
  const [from, to] = [bytesOf(start), bytesOf(end)];
  const [family, first] = wordsOf(start);
  return { kind: Kind.Range, text: `Range: ${family} ${first}-${wordsOf(end)[1]}`, holds: (address) => compare(from, address) <= 0 && compare(address, to) <= 0 };
}

function subnetRule(network: SocketAddress, prefix: number): Rule {
  const [family, text, offset] = wordsOf(network);
  const bits = prefix + offset;
  const base = bytesOf(network);
  const holds = (address: Uint8Array): boolean => {
    for (let i = 0; i < 16; i += 1) {
      const left = Math.max(0, Math.min(8, bits - i * 8));
      const mask = (0xff << (8 - left)) & 0xff;
      if ((address[i]! & mask) !== (base[i]! & mask)) return false;
    }
    return true;
  };
  return { kind: Kind.Subnet, text: `Subnet: ${family} ${text}/${prefix}`, holds };
}

class BlockList {
  #rules: Rule[] = [];

  #add(rule: Rule): void {
    const at = this.#rules.findIndex(({ kind }) => kind >= rule.kind);
    this.#rules.splice(at < 0 ? this.#rules.length : at, 0, rule);
  }

  #remove(text: string): void {
    this.#rules = this.#rules.filter((rule) => rule.text !== text);
  }

  addAddress(address: SocketAddress): void {
    const bytes = bytesOf(address);
    const [family, text] = wordsOf(address);
    this.#remove(`Address: ${family} ${text}`);
    this.#add({ kind: Kind.Address, text: `Address: ${family} ${text}`, holds: (other) => compare(bytes, other) === 0 });
  }

  addAddresses(addresses: SocketAddress[]): void { for (const one of addresses) this.addAddress(one); }

  addRange(start: SocketAddress, end: SocketAddress): boolean {
    if (compare(bytesOf(start), bytesOf(end)) > 0) return false;
    this.#add(rangeRule(start, end));
    return true;
  }

  addSubnet(network: SocketAddress, prefix: number): void { this.#add(subnetRule(network, prefix)); }

  removeAddress(address: SocketAddress): void {
    const [family, text] = wordsOf(address);
    this.#remove(`Address: ${family} ${text}`);
  }

  removeRange(start: SocketAddress, end: SocketAddress): void { this.#remove(rangeRule(start, end).text); }
  removeSubnet(network: SocketAddress, prefix: number): void { this.#remove(subnetRule(network, prefix).text); }
  check(address: SocketAddress): boolean { return this.#holds(bytesOf(address)); }

  checkString(text: string, family: number): boolean {
    const bytes = family === AF_INET6 ? ipv6Bytes(text) : ipv4Bytes(text);
    return bytes !== undefined && this.#holds(normal(bytes));
  }

  #holds(address: Uint8Array): boolean { return this.#rules.some((rule) => rule.holds(address)); }
  getRules(): string[] { return this.#rules.map(({ text }) => text); }
  getSize(): number { return this.#rules.length; }
  clear(): void { this.#rules = []; }
}

export function create(): object {
  return { BlockList, SocketAddress, AF_INET, AF_INET6 };
}
