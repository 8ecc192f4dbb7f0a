// Paths of a guest: below a directory that it was given, links included. As uvwasi, by text; the last name's link is followed when the
// guest asks for it. Paths are byte strings: a character for each byte.

import { Encoding } from '../bindings/buffer';
import { UV } from '../uv';
import { Refused, succeeded } from './errors';

const { ops } = host;
const AT_FDCWD = -100;
const FOLLOWS_MAX = 32;
const PATH_BYTES_MAX = 4096;

/** A directory that paths start from: its name for the guest, and where it is. */
export interface Base { name: string; place: string }

export function byteString(bytes: Uint8Array): string {
  return ops.buffer_slice(bytes, Encoding.LATIN1, 0, bytes.length);
}

export function bytesOf(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i += 1) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** Without `.`, `..` and empty names as far as that can be; a slash at the end stays. */
export function normalized(path: string): string {
  const names: string[] = [];
  const isAbsolute = path.startsWith('/');
  for (const name of path.split('/')) {
    if (name === '' || name === '.') continue;
    if (name !== '..') names.push(name);
    else if (names.length > 0 && names.at(-1) !== '..') names.pop();
    else if (!isAbsolute) names.push('..');
  }
  const joined = (isAbsolute ? '/' : '') + names.join('/') || '.';
  return path.endsWith('/') && !joined.endsWith('/') ? `${joined}/` : joined;
}

/** What follows the base's name in a normalized path; refused when the path is not below it. */
function below(path: string, base: Base): string {
  const name = normalized(base.name).replace(/(?<=.)\/$/, '');
  const rest = name === '.' ? path : path.startsWith(name) ? path.slice(name.length) : undefined;
  const isWhole = rest === '' || name === '/' || name === '.' || rest?.startsWith('/');
  if (rest === undefined || !isWhole || /^\/?\.\.(\/|$)/.test(rest)) throw new Refused('ENOTCAPABLE');
  return rest;
}

function placeOf(path: string, base: Base): string {
  const rest = below(path, base);
  if (rest === '' || rest === '/') return base.place;
  return rest.startsWith('/') ? base.place + rest : `${base.place}/${rest}`;
}

/** The root's own place is the empty text, as its names follow a slash. */
const placed = (place: string): Uint8Array => bytesOf(place === '' ? '/' : place);

/** The text of a link; `undefined` when it is none. */
function linkTarget(place: string): string | undefined {
  const buffer = new Uint8Array(PATH_BYTES_MAX);
  const length = ops.sys_readlinkat(AT_FDCWD, placed(place), buffer);
  if (length === UV.EINVAL || length === UV.ENOENT) return undefined;
  return byteString(buffer.subarray(0, succeeded(length)));
}

/** Where a guest's path leads. */
export function resolved(base: Base, path: string, follow: boolean): Uint8Array {
  if (path.startsWith('/')) throw new Refused('ENOTCAPABLE');
  if (path === '' || path.slice(0, -1).includes('\0')) throw new Refused('EINVAL');
  let wanted = normalized(`${base.name}/${path}`);
  let place = placeOf(wanted, base);
  if (!follow) return placed(place);
  for (let follows = 1; ; follows += 1) {
    const target = linkTarget(place);
    if (target === undefined) return placed(place);
    if (follows >= FOLLOWS_MAX) throw new Refused('ELOOP');
    wanted = normalized(target.startsWith('/') ? target : `${wanted}/../${target}`);
    place = placeOf(wanted, base);
  }
}
