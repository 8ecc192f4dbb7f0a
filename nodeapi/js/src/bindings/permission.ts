// Node's permission model, as src/permission/*.cc: with `--permission` a program may do only what options allow. The kernel's own
// capabilities hold besides it.

import { constant } from '../oracle';
import { command, onProcessStart } from '../start';
import { pathText } from '../uv';
import { currentDirectory } from './process_methods';

const { ops } = host;
const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;
const { O_RDONLY, O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, O_APPEND } = constant('constants', 'fs');
const S_IFMT = 0o170000;
const S_IFDIR = 0o040000;

type Scope = 'FileSystemRead' | 'FileSystemWrite' | 'ChildProcess' | 'WorkerThreads';

/** Which option allows it, for the message. */
const OPTIONS: Record<Scope, string> = {
  FileSystemRead: '--allow-fs-read', FileSystemWrite: '--allow-fs-write', ChildProcess: '--allow-child-process', WorkerThreads: '--allow-worker',
};

/** Paths that one option allows: all, files, and beginnings of paths. */
interface Allowed { all: boolean; files: Set<string>; prefixes: string[] }
const nothing = (): Allowed => ({ all: false, files: new Set(), prefixes: [] });
const allowed = { FileSystemRead: nothing(), FileSystemWrite: nothing() };

/** Absolute, without `.`, `..` and empty parts. */
function resolve(path: string): string {
  const parts: string[] = [];
  for (const part of (path.startsWith('/') ? path : `${currentDirectory()}/${path}`).split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

function isDirectory(path: string, stat: typeof ops.sys_fstatat): boolean {
  const record = new Uint8Array(104);
  return stat(AT_FDCWD, path, 0, record) >= 0 && (new DataView(record.buffer).getUint32(16, true) & S_IFMT) === S_IFDIR;
}

function take(given: string[] | undefined, into: Allowed): void {
  for (const item of given ?? []) {
    const path = item === '*' ? item : resolve(item);
    const star = path.indexOf('*');
    if (item === '*') into.all = true;
    else if (star >= 0) into.prefixes.push(path.slice(0, star));
    else into.files.add(path);
    if (star < 0 && isDirectory(path, ops.sys_fstatat)) into.prefixes.push(path === '/' ? path : `${path}/`);
  }
}

function mayTouch(scope: 'FileSystemRead' | 'FileSystemWrite', given: string): boolean {
  const { all, files, prefixes } = allowed[scope];
  if (all) return true;
  const path = resolve(given);
  return files.has(path) || prefixes.some((prefix) => path.startsWith(prefix));
}

/** Throws Node's exception if the program may not. */
export function demand(scope: Scope, resource: string): void {
  if (!command.options['--permission']) return;
  const option = OPTIONS[scope];
  const granted = scope === 'FileSystemRead' || scope === 'FileSystemWrite' ? mayTouch(scope, resource) : command.options[option] === true;
  if (granted) return;
  const error = new Error(`Access to this API has been restricted. Use ${option} to manage permissions.`);
  throw Object.assign(error, { code: 'ERR_ACCESS_DENIED', permission: scope, resource });
}

/** Puts a check before an op. */
function guard<Name extends keyof Ops>(name: Name, check: (...args: any[]) => void): void {
  const op = ops[name] as (...args: any[]) => any;
  (ops as any)[name] = (...args: any[]): any => {
    check(...args);
    return op(...args);
  };
}

const demandPath = (scope: Scope, path: unknown): void => demand(scope, pathText(path as any));
const writes = (_fd: number, path: unknown): void => demandPath('FileSystemWrite', path);
const reads = (_fd: number, path: unknown): void => demandPath('FileSystemRead', path);

function guardFiles(): void {
  guard('sys_openat', (_fd, path, flags) => {
    const access = flags & (O_RDONLY | O_WRONLY | O_RDWR);
    if (access !== O_WRONLY) demandPath('FileSystemRead', path);
    if (access !== O_RDONLY || (flags & (O_CREAT | O_TRUNC | O_APPEND)) !== 0) demandPath('FileSystemWrite', path);
  });
  // As in Node, `lstat` is free: `realpath` asks it of each folder above a file.
  guard('sys_fstatat', (fd, path, flags) => {
    if (fd === AT_FDCWD && (flags & AT_SYMLINK_NOFOLLOW) === 0) demandPath('FileSystemRead', path);
  });
  for (const name of ['sys_faccessat', 'sys_readlinkat', 'sys_realpathat'] as const) guard(name, reads);
  for (const name of ['sys_mkdirat', 'sys_unlinkat', 'sys_fchmodat', 'sys_fchownat'] as const) guard(name, writes);
  // Without a path it is an open file's.
  guard('sys_utimensat', (fd, path) => { if (fd === AT_FDCWD) demandPath('FileSystemWrite', path); });
  for (const name of ['sys_statfs', 'sys_chdir'] as const) guard(name, (path) => demandPath('FileSystemRead', path));
  guard('sys_inotify_add_watch', reads);
  guard('sys_renameat', (_from, path, _to, target) => {
    demandPath('FileSystemWrite', path);
    demandPath('FileSystemWrite', target);
  });
  guard('sys_linkat', (_from, path, _to, target) => {
    demandPath('FileSystemRead', path);
    demandPath('FileSystemWrite', target);
  });
  guard('sys_symlinkat', (_target, _fd, path) => demandPath('FileSystemWrite', path));
}

onProcessStart(() => {
  const { options } = command;
  if (!options['--permission']) return;
  take(options['--allow-fs-read'], allowed.FileSystemRead);
  take(options['--allow-fs-write'], allowed.FileSystemWrite);
  // The entry point is allowed, or nothing would run.
  if (!command.hasEval && command.argv[1] !== undefined && command.argv[1] !== '-') allowed.FileSystemRead.files.add(resolve(command.argv[1]));
  guardFiles();
});

function has(scope: string, reference?: string): boolean {
  const { options } = command;
  if (!options['--permission']) return true;
  const files = (of: 'FileSystemRead' | 'FileSystemWrite'): boolean => (reference === undefined ? allowed[of].all : mayTouch(of, reference));
  switch (scope) {
    case 'fs': return files('FileSystemRead') && files('FileSystemWrite');
    case 'fs.read': return files('FileSystemRead');
    case 'fs.write': return files('FileSystemWrite');
    case 'child': return options['--allow-child-process'] === true;
    case 'worker': return options['--allow-worker'] === true;
    case 'wasi': return options['--allow-wasi'] === true;
    case 'addon': return options['--allow-addons'] === true;
    case 'inspector': return options['--allow-inspector'] === true;
    default: return false;
  }
}

export function create(): object {
  return { has };
}
