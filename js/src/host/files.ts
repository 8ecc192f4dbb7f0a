/** Calls about files that are more than one call of the kernel. */
import { errnoError, toRecord } from '../errors.js';
import type { WebKernel } from '../kernel/oac_web.js';
import type { BatchResult, FileOperation } from '../messages.js';
import { joinPath } from '../tree.js';

const DIRECTORY = 4;
const SYMLINK = 10;
const PERMISSIONS = 0o7777;
/** As `oac_abi::flags::open`. */
const WRONLY = 1;
const CREAT = 0o100;
const APPEND = 0o2000;

export function appendFile(kernel: WebKernel, path: string, data: Uint8Array): void {
  const fd = kernel.openFile(path, WRONLY | CREAT | APPEND, 0o666);
  try {
    kernel.writeAt(fd, -1, data);
  } finally {
    kernel.closeFile(fd);
  }
}

export function copyFile(kernel: WebKernel, from: string, to: string): void {
  const { mode } = kernel.stat(from, true);
  kernel.writeFile(to, kernel.readFile(from));
  kernel.chmod(to, mode & PERMISSIONS);
}

/** As Node's `fs.cp`. */
export function cp(kernel: WebKernel, from: string, to: string, recursive: boolean, force: boolean): void {
  const kind = kernel.stat(from, false).mode >> 12;
  if (kind === DIRECTORY) {
    if (!recursive) throw errnoError('EISDIR', 'cp', from);
    if (to === from || to.startsWith(`${from}/`)) throw errnoError('EINVAL', 'cp', to);
    kernel.mkdir(to, true);
    for (const entry of kernel.readdir(from)) {
      const name = new TextDecoder().decode(entry.name);
      cp(kernel, joinPath(from, name), joinPath(to, name), true, force);
    }
    return;
  }
  if (isThere(kernel, to)) {
    if (!force) return;
    if (kind === SYMLINK) kernel.rm(to, false, true);
  }
  if (kind === SYMLINK) kernel.symlink(kernel.readlink(from), to);
  else copyFile(kernel, from, to);
}

function isThere(kernel: WebKernel, path: string): boolean {
  try {
    kernel.stat(path, false);
    return true;
  } catch {
    return false;
  }
}

/** Runs them in their order. */
export function batch(
  calls: Record<string, (...args: never[]) => unknown>,
  operations: readonly FileOperation[],
  settle: boolean,
  asRecord: typeof toRecord,
): BatchResult[] {
  const results: BatchResult[] = [];
  for (const { name, args } of operations) {
    try {
      results.push({ value: calls[name]!(...(args as unknown as never[])) });
    } catch (error) {
      if (error instanceof WebAssembly.RuntimeError) throw error;
      results.push({ error: asRecord(error) });
      if (!settle) break;
    }
  }
  return results;
}
