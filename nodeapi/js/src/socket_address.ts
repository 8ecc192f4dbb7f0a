// Socket addresses as bytes (`oac-abi`'s sockaddr: Linux's sockaddr_in, sockaddr_in6 and sockaddr_un) and as Node shows them.

import { utf8Bytes, utf8Text } from './bindings/buffer';
import { UV } from './uv';

export const AF_UNIX = 1;
export const AF_INET = 2;
export const AF_INET6 = 10;

const { parseInt: parse, isInteger } = Number;
const Uint8 = Uint8Array;

/** The four bytes of a dotted address. */
export function ipv4Bytes(text: string): Uint8Array | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (match === null) return undefined;
  const bytes = new Uint8(4);
  for (let i = 0; i < 4; i += 1) {
    const part = Number(match[i + 1]);
    if (part > 255 || (match[i + 1]!.length > 1 && match[i + 1]![0] === '0')) return undefined;
    bytes[i] = part;
  }
  return bytes;
}

/** The sixteen bytes of an IPv6 address; a zone (`%eth0`) is ignored. */
export function ipv6Bytes(text: string): Uint8Array | undefined {
  let rest = text.split('%')[0]!;
  const tail: number[] = [];
  const dotted = /:(\d+\.\d+\.\d+\.\d+)$/.exec(rest);
  if (dotted !== null) {
    const v4 = ipv4Bytes(dotted[1]!);
    if (v4 === undefined) return undefined;
    tail.push((v4[0]! << 8) | v4[1]!, (v4[2]! << 8) | v4[3]!);
    // Keeps the colons of `::1.2.3.4` as they are.
    rest = rest.slice(0, dotted.index + 1);
    if (!rest.endsWith('::')) rest = rest.slice(0, -1);
  }
  const halves = rest.split('::');
  if (halves.length > 2) return undefined;
  const words = (half: string): number[] | undefined => {
    if (half === '') return [];
    const parts = half.split(':');
    return parts.every((part) => /^[0-9a-f]{1,4}$/i.test(part)) ? parts.map((part) => parse(part, 16)) : undefined;
  };
  const [head, foot] = [words(halves[0]!), words(halves[1] ?? '')];
  if (head === undefined || foot === undefined) return undefined;
  const known = head.length + foot.length + tail.length;
  if (halves.length === 2 ? known > 7 : known !== 8) return undefined;
  const all = halves.length === 2 ? [...head, ...Array(8 - known).fill(0), ...foot, ...tail] : [...head, ...tail];
  const bytes = new Uint8(16);
  all.forEach((word: number, i: number) => { bytes[2 * i] = word >> 8; bytes[2 * i + 1] = word & 255; });
  return bytes;
}

/** RFC 5952: lower case, the longest run of zeros as `::`, IPv4-mapped addresses dotted. */
export function ipv6Text(bytes: Uint8Array): string {
  const words = Array.from({ length: 8 }, (_, i) => (bytes[2 * i]! << 8) | bytes[2 * i + 1]!);
  if (words.slice(0, 5).every((word) => word === 0) && words[5] === 0xffff) return `::ffff:${bytes.slice(12, 16).join('.')}`;
  let [start, length] = [0, 0];
  for (let i = 0; i < 8; i += 1) {
    let end = i;
    while (end < 8 && words[end] === 0) end += 1;
    if (end - i > length) [start, length] = [i, end - i];
  }
  const hex = (part: number[]) => part.map((word) => word.toString(16)).join(':');
  return length < 2 ? hex(words) : `${hex(words.slice(0, start))}::${hex(words.slice(start + length))}`;
}

/** The port of a `bind`, which the library leaves out where any will do: as V8's Int32Value. */
export function toPort(port: unknown): number {
  return Number(port) | 0;
}

/** A sockaddr, or an error for an address that is none. */
export function encodeIp(family: number, address: string, port: number): Uint8Array | number {
  if (!isInteger(port) || port < 0 || port > 65535) return UV.EINVAL;
  const bytes = family === AF_INET6 ? ipv6Bytes(address) : ipv4Bytes(address);
  if (bytes === undefined) return UV.EINVAL;
  const out = new Uint8(family === AF_INET6 ? 28 : 16);
  out[0] = family;
  out[2] = port >> 8;
  out[3] = port & 255;
  out.set(bytes, family === AF_INET6 ? 8 : 4);
  return out;
}

export function encodePath(path: string): Uint8Array {
  const bytes = utf8Bytes(path);
  const out = new Uint8(2 + bytes.length);
  out[0] = AF_UNIX;
  out.set(bytes, 2);
  return out;
}

/** What `getsockname` puts into the object it is given. */
export function decode(bytes: Uint8Array): { address: string; family?: string; port?: number } {
  const family = bytes[0]! | (bytes[1]! << 8);
  const port = (bytes[2]! << 8) | bytes[3]!;
  if (family === AF_INET) return { address: bytes.slice(4, 8).join('.'), family: 'IPv4', port };
  if (family === AF_INET6) return { address: ipv6Text(bytes.subarray(8, 24)), family: 'IPv6', port };
  return { address: utf8Text(bytes.subarray(2)) };
}
