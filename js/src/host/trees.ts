/** Trees of files in the kernel: mounted, exported, searched. Here and not in the page, whose thread has better things to do. */
import { globs } from '../archive/globs.js';
import { decodeSnapshot, encodeSnapshot, flattenSnapshot, type InternalDirectory } from '../archive/snapshot.js';
import { zip, type ZipEntry } from '../archive/zip.js';
import { errnoError, invalidArgument } from '../errors.js';
import type { WebKernel } from '../kernel/oac_web.js';
import type { ExportFormat, FileStat, MountEntry, MountSource, PathFilter, TextMatch, TextQuery } from '../messages.js';
import { flattenTree, joinPath, textOrBytes, type FileSystemTree } from '../tree.js';

const DIRECTORY = 4;
const REGULAR = 8;
const SYMLINK = 10;
/** A longer one is not looked into by a search. */
const SEARCHED_BYTES_MAX = 4 << 20;

const decoder = new TextDecoder();

export interface Found {
  /** Below the folder that was looked at, without a slash in front. */
  path: string;
  full: string;
  kind: number;
}

export function mount(kernel: WebKernel, source: MountSource, folder: string): number {
  const entries =
    'entries' in source ? source.entries
    : 'tree' in source ? flattenTree(source.tree, folder)
    : flattenSnapshot(decodeSnapshot(source.snapshot), folder);
  for (const entry of entries) put(kernel, entry);
  return entries.length;
}

function put(kernel: WebKernel, entry: MountEntry): void {
  const parent = entry.path.slice(0, entry.path.lastIndexOf('/'));
  kernel.mkdir(entry.kind === 'directory' ? entry.path : parent === '' ? '/' : parent, true);
  if (entry.kind === 'file') kernel.writeFile(entry.path, entry.contents);
  if (entry.kind !== 'symlink' && entry.mode !== undefined) kernel.chmod(entry.path, entry.mode);
  if (entry.kind === 'symlink') {
    // What is mounted replaces what was there, a link as well as a file.
    kernel.rm(entry.path, false, true);
    kernel.symlink(entry.target, entry.path);
  }
}

/** Everything below a folder, each folder before what is in it. */
export function* walk(kernel: WebKernel, folder: string, { includes = [], excludes = [] }: PathFilter): Generator<Found> {
  const isIncluded = globs(includes);
  const isExcluded = globs(excludes);
  const visit = function* (relative: string, wasExcluded: boolean): Generator<Found> {
    for (const { name, kind } of kernel.readdir(relative === '' ? folder : joinPath(folder, relative))) {
      const path = relative === '' ? decoder.decode(name) : `${relative}/${decoder.decode(name)}`;
      const excluded = wasExcluded || isExcluded(path);
      const full = joinPath(folder, path);
      if (kind !== DIRECTORY) {
        if (!excluded || isIncluded(path)) yield { path, full, kind };
        continue;
      }
      if (!excluded) yield { path, full, kind };
      if (!excluded || includes.length > 0) yield* visit(path, excluded);
    }
  };
  yield* visit('', false);
}

/** @throws ContainerError ENOTDIR for one file as json */
export async function exportTree(kernel: WebKernel, path: string, format: ExportFormat, filter: PathFilter): Promise<FileSystemTree | Uint8Array> {
  const stat = kernel.stat(path, true);
  const isFolder = stat.mode >> 12 === DIRECTORY;
  switch (format) {
    case 'json':
      if (!isFolder) throw errnoError('ENOTDIR', "export as json, which is for folders: read the file, or export it as 'binary' or 'zip',", path);
      return jsonTree(kernel, path, filter);
    case 'binary':
      return isFolder ? encodeSnapshot(internalTree(kernel, path, filter)) : kernel.readFile(path);
    case 'zip':
      return zip(isFolder ? zipEntries(kernel, path, filter) : [zipEntry(kernel, path, path.slice(path.lastIndexOf('/') + 1), stat)]);
    default:
      throw invalidArgument(`export as '${String(format)}': there are 'json', 'binary' and 'zip'`);
  }
}

function jsonTree(kernel: WebKernel, folder: string, filter: PathFilter): FileSystemTree {
  const root: FileSystemTree = {};
  for (const { path, full, kind } of walk(kernel, folder, filter)) {
    const names = path.split('/');
    const last = names.pop()!;
    let at = root;
    for (const name of names) {
      const next = (at[name] ??= { directory: {} });
      at = (next as { directory: FileSystemTree }).directory;
    }
    if (kind === DIRECTORY) at[last] ??= { directory: {} };
    else if (kind === SYMLINK) at[last] = { file: { symlink: kernel.readlink(full) } };
    else if (kind === REGULAR) at[last] = { file: { contents: textOrBytes(kernel.readFile(full)) } };
  }
  return root;
}

export function internalTree(kernel: WebKernel, folder: string, filter: PathFilter): InternalDirectory {
  const root: InternalDirectory = { d: {} };
  for (const { path, full, kind } of walk(kernel, folder, filter)) {
    const names = path.split('/');
    const last = names.pop()!;
    let at = root;
    for (const name of names) at = (at.d[name] ??= { d: {} }) as InternalDirectory;
    if (kind === DIRECTORY) at.d[last] ??= { d: {} };
    else if (kind === SYMLINK) at.d[last] = { f: { l: kernel.readlink(full) } };
    else if (kind === REGULAR) at.d[last] = { f: { c: kernel.readFile(full) } };
  }
  return root;
}

function* zipFound(kernel: WebKernel, folder: string, filter: PathFilter): Generator<ZipEntry> {
  for (const { path, full, kind } of walk(kernel, folder, filter)) {
    if (kind === DIRECTORY || kind === SYMLINK || kind === REGULAR) yield zipEntry(kernel, full, path, kernel.stat(full, false));
  }
}

const zipEntries = (kernel: WebKernel, folder: string, filter: PathFilter): ZipEntry[] => [...zipFound(kernel, folder, filter)];

function zipEntry(kernel: WebKernel, full: string, path: string, { mode, mtimeMs }: FileStat): ZipEntry {
  const kind = mode >> 12;
  const contents =
    kind === REGULAR ? (kernel.readFile(full) as Uint8Array<ArrayBuffer>)
    : kind === SYMLINK ? new TextEncoder().encode(kernel.readlink(full))
    : new Uint8Array();
  return { path: kind === DIRECTORY ? `${path}/` : path, mode, mtimeMs, contents };
}

/** Paths below a folder that hold `query`, all of its letters in their order, the shorter first. */
export function fileSearch(kernel: WebKernel, query: string, filter: PathFilter, folder: string, limit: number): string[] {
  const letters = [...query.toLowerCase()].filter((letter) => letter.trim() !== '');
  const fits = (path: string): boolean => {
    let at = 0;
    return letters.every((letter) => {
      at = path.indexOf(letter, at) + 1;
      return at > 0;
    });
  };
  const found: string[] = [];
  for (const { path, full, kind } of walk(kernel, folder, filter)) if (kind === REGULAR && fits(path.toLowerCase())) found.push(full);
  return found.sort((a, b) => a.length - b.length).slice(0, limit);
}

export function textSearch(kernel: WebKernel, query: TextQuery, filter: PathFilter, folder: string): TextMatch[] {
  const { source } = query.isRegex ? new RegExp(query.text) : { source: query.text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&') };
  const pattern = new RegExp(query.wholeWords ? `\\b(?:${source})\\b` : source, query.caseSensitive ? 'g' : 'gi');
  const found: TextMatch[] = [];
  let left = query.limit;
  for (const { full, kind } of walk(kernel, folder, filter)) {
    if (left <= 0) break;
    if (kind !== REGULAR || kernel.stat(full, false).size > SEARCHED_BYTES_MAX) continue;
    const text = textOrBytes(kernel.readFile(full));
    if (typeof text !== 'string' || text.includes('\0')) continue;
    const lines: TextMatch['lines'] = [];
    for (const [line, content] of text.split('\n').entries()) {
      for (const match of content.matchAll(pattern)) {
        if (match[0] === '' || left <= 0) continue;
        left--;
        lines.push({ text: content, line, start: match.index, end: match.index + match[0].length });
      }
    }
    if (lines.length > 0) found.push({ path: full, lines });
  }
  return found;
}

/** What the kernel or its host makes anew in every container. */
const MADE = new Set(['proc', 'task', 'dev', 'web', 'run']);
const PERMISSIONS = 0o7777;

/** All files as one value, which `restore` takes: MessagePack of `{ path: { m, d } | { m, c } | { l } }`, `m` the mode where it is not the usual one. */
export function snapshot(kernel: WebKernel): Uint8Array {
  const visit = (folder: string): InternalDirectory => {
    const directory: InternalDirectory = { d: {} };
    const dev = kernel.stat(folder, false).dev;
    for (const entry of kernel.readdir(folder)) {
      const name = decoder.decode(entry.name);
      if (folder === '/' && MADE.has(name)) continue;
      const path = joinPath(folder, name);
      const stat = kernel.stat(path, false);
      if (stat.dev !== dev) continue;
      const mode = stat.mode & PERMISSIONS;
      if (entry.kind === DIRECTORY) directory.d[name] = withMode(visit(path), mode, 0o755);
      else if (entry.kind === SYMLINK) directory.d[name] = { f: { l: kernel.readlink(path) } };
      else if (entry.kind === REGULAR) directory.d[name] = { f: withMode({ c: kernel.readFile(path) }, mode, 0o644) };
    }
    return directory;
  };
  return encodeSnapshot(visit('/'));
}

const withMode = <T extends object>(node: T, mode: number, usual: number): T => (mode === usual ? node : { ...node, m: mode.toString(8) });
