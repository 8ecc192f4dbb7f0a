// Lines of the files that stack frames point to.

declare global {
  interface Ops {
    sys_openat(dirfd: number, path: string | Bytes, flags: number, mode: number): Result;
    sys_read(fd: number, buffer: Bytes): Result;
    sys_close(fd: number): Result;
  }
}

const evaluated = new Map<string, string>();

/** Keeps the source of a script that is in no file (`-e`, `vm`). */
export function remember(fileName: string, source: string): void {
  if (evaluated.size < 64) evaluated.set(fileName, source);
}

/** Line `number` (from 1) of a file, if it can be had. */
export function line(fileName: string, number: number): string | undefined {
  return text(fileName)?.split('\n')[number - 1]?.replace(/\r$/, '');
}

/** The source of a file that code was compiled from. */
export function text(fileName: string): string | undefined {
  const kept = evaluated.get(fileName);
  if (kept !== undefined) return kept;
  if (fileName.startsWith('node:')) return host.ops.program_source(fileName);
  const path = fileName.startsWith('file://') ? decodeURIComponent(fileName.slice(7)) : fileName;
  if (!path.startsWith('/')) return undefined;
  return host.loadGlue('files').readText(path);
}
