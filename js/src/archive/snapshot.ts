/**
 * Trees as the original has them inside: `{ d: { name: { d } | { f: { c } } | { f: { l } } } }`, `c` contents, `l` a link's target, `b` that
 * the string `c` is Latin-1 of bytes. As MessagePack it is what `@webcontainer/snapshot` makes and `export` calls binary; as JSON it
 * is what its client sends.
 */
import { invalidArgument } from '../errors.js';
import type { MountEntry } from '../messages.js';
import { checkName, joinPath } from '../tree.js';
import { pack, unpack, type Packed } from './msgpack.js';

export interface InternalFile {
  f: { c: string | Uint8Array; b?: boolean; m?: string } | { l: string };
}
/** `m`: permissions in octal, where they are not the usual ones; only our own snapshots have it. */
export interface InternalDirectory {
  d: { [name: string]: InternalDirectory | InternalFile };
  m?: string;
}

const BRACE = 0x7b;
const encoder = new TextEncoder();

/** Which of the two it is shows its first byte: a map of MessagePack never begins as JSON does. */
export function decodeSnapshot(bytes: Uint8Array): unknown {
  if (bytes[0] !== BRACE) return unpack(bytes);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw invalidArgument(`the snapshot is no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

export function encodeSnapshot(tree: InternalDirectory): Uint8Array<ArrayBuffer> {
  return pack(tree as unknown as Packed);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);

/** All entries of a snapshot below `folder`, parents first. */
export function flattenSnapshot(tree: unknown, folder: string, entries: MountEntry[] = []): MountEntry[] {
  if (!isObject(tree) || !isObject(tree['d'])) throw invalidArgument(`${folder}: the snapshot has no folder there`);
  entries.push({ path: folder, kind: 'directory', ...modeOf(tree) });
  for (const [name, node] of Object.entries(tree['d'])) {
    const path = joinPath(folder, name);
    checkName(name, path);
    if (isObject(node) && isObject(node['f'])) entries.push(fileEntry(path, node['f']));
    else flattenSnapshot(node, path, entries);
  }
  return entries;
}

const modeOf = ({ m }: Record<string, unknown>): { mode?: number } =>
  typeof m === 'string' && /^[0-7]{1,4}$/.test(m) ? { mode: Number.parseInt(m, 8) } : {};

function fileEntry(path: string, file: Record<string, unknown>): MountEntry {
  const { c, l, b } = file;
  if (typeof l === 'string') return { path, kind: 'symlink', target: l };
  if (c instanceof Uint8Array) return { path, kind: 'file', contents: c, ...modeOf(file) };
  if (typeof c !== 'string') throw invalidArgument(`${path}: a file of the snapshot has no contents`);
  return { path, kind: 'file', ...modeOf(file), contents: b === true ? Uint8Array.from(c, (char) => char.charCodeAt(0)) : encoder.encode(c) };
}
