/** Trees of files, as `mount` takes and `export` gives them. */
import { invalidArgument } from './errors.js';
import type { MountEntry } from './messages.js';

export interface FileNode {
  file: { contents: string | Uint8Array };
}
export interface SymlinkNode {
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

/**
 * All entries of a tree below `folder`, parents first.
 *
 * @throws ContainerError ERR_INVALID_ARGUMENT, naming the entry.
 */
export function flattenTree(tree: FileSystemTree, folder: string, entries: MountEntry[] = []): MountEntry[] {
  if (typeof tree !== 'object' || tree === null) throw invalidArgument(`${folder}: a tree is an object of names, not ${typeof tree}`);
  entries.push({ path: folder, kind: 'directory' });
  for (const [name, node] of Object.entries(tree)) {
    const path = `${folder === '/' ? '' : folder}/${name}`;
    if (name === '' || name === '.' || name === '..' || name.includes('/')) throw invalidArgument(`${path}: '${name}' is no file name`);
    if (typeof node === 'object' && node !== null && 'directory' in node) {
      flattenTree(node.directory, path, entries);
    } else if (typeof node === 'object' && node !== null && 'file' in node && typeof node.file === 'object') {
      entries.push(fileEntry(path, node.file));
    } else {
      throw invalidArgument(`${path}: an entry is { directory } or { file: { contents } } or { file: { symlink } }`);
    }
  }
  return entries;
}

function fileEntry(path: string, file: FileNode['file'] | SymlinkNode['file']): MountEntry {
  if ('symlink' in file) return { path, kind: 'symlink', target: file.symlink };
  const { contents } = file;
  if (typeof contents === 'string') return { path, kind: 'file', contents: encoder.encode(contents) };
  if (contents instanceof Uint8Array) return { path, kind: 'file', contents };
  throw invalidArgument(`${path}: contents are a string or a Uint8Array`);
}

/** What `exportTree` needs of a filesystem. */
interface Reader {
  readdir(path: string, options: { withFileTypes: true }): Promise<{ name: string; isDirectory(): boolean; isSymbolicLink(): boolean }[]>;
  readFile(path: string): Promise<Uint8Array>;
  readlink(path: string): Promise<string>;
}

/** A folder as a tree. Contents that are UTF-8 are strings. */
export async function exportTree(fs: Reader, folder: string): Promise<FileSystemTree> {
  const tree: FileSystemTree = {};
  for (const entry of await fs.readdir(folder, { withFileTypes: true })) {
    const path = `${folder === '/' ? '' : folder}/${entry.name}`;
    if (entry.isDirectory()) tree[entry.name] = { directory: await exportTree(fs, path) };
    else if (entry.isSymbolicLink()) tree[entry.name] = { file: { symlink: await fs.readlink(path) } };
    else tree[entry.name] = { file: { contents: textOrBytes(await fs.readFile(path)) } };
  }
  return tree;
}

function textOrBytes(bytes: Uint8Array): string | Uint8Array {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return bytes;
  }
}
