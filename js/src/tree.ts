/** Trees of files, as `mount` takes and `export` gives them. */
import { invalidArgument } from './errors.js';
import type { MountEntry } from './messages.js';

export interface FileNode {
  /** Text, or bytes as they are. */
  file: { contents: string | Uint8Array };
}
export interface SymlinkNode {
  /** Kept as it is written. */
  file: { symlink: string };
}
export interface DirectoryNode {
  directory: FileSystemTree;
}
/** Names and what they are. */
export interface FileSystemTree {
  [name: string]: DirectoryNode | FileNode | SymlinkNode;
}

const encoder = new TextEncoder();

export function joinPath(folder: string, name: string): string {
  return `${folder === '/' ? '' : folder}/${name}`;
}

/** @throws ContainerError ERR_INVALID_ARGUMENT, naming the entry. */
export function checkName(name: string, path: string): void {
  if (name === '' || name === '.' || name === '..' || name.includes('/') || name.includes('\0')) {
    throw invalidArgument(`${path}: '${name}' is no file name`);
  }
}

/**
 * All entries of a tree below `folder`, parents first.
 *
 * @throws ContainerError ERR_INVALID_ARGUMENT, naming the entry.
 */
export function flattenTree(tree: FileSystemTree, folder: string, entries: MountEntry[] = []): MountEntry[] {
  if (typeof tree !== 'object' || tree === null || Array.isArray(tree)) throw invalidArgument(`${folder}: a tree is an object of names, not ${kindOf(tree)}`);
  entries.push({ path: folder, kind: 'directory' });
  for (const [name, node] of Object.entries(tree)) {
    const path = joinPath(folder, name);
    checkName(name, path);
    if (typeof node === 'object' && node !== null && 'directory' in node) {
      flattenTree(node.directory, path, entries);
    } else if (typeof node === 'object' && node !== null && 'file' in node && typeof node.file === 'object' && node.file !== null) {
      entries.push(fileEntry(path, node.file));
    } else {
      throw invalidArgument(`${path}: an entry is { directory } or { file: { contents } } or { file: { symlink } }`);
    }
  }
  return entries;
}

function kindOf(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'an array' : typeof value;
}

function fileEntry(path: string, file: FileNode['file'] | SymlinkNode['file']): MountEntry {
  if ('symlink' in file) {
    if (typeof file.symlink !== 'string' || file.symlink === '') throw invalidArgument(`${path}: a link's target is a string`);
    return { path, kind: 'symlink', target: file.symlink };
  }
  const { contents } = file;
  if (typeof contents === 'string') return { path, kind: 'file', contents: encoder.encode(contents) };
  if (contents instanceof Uint8Array) return { path, kind: 'file', contents };
  throw invalidArgument(`${path}: contents are a string or a Uint8Array, not ${kindOf(contents)}`);
}

/** Text where the bytes are UTF-8, else the bytes. */
export function textOrBytes(bytes: Uint8Array): string | Uint8Array {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return bytes;
  }
}
