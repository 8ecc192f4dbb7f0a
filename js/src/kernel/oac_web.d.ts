// The shape of what wasm-bindgen makes of container-api/web; the file itself is written to dist/kernel by the build.
import type { DirectoryEntry, Exit, FileStat, KernelConfig } from '../messages.js';

export default function init(options: { module_or_path: WebAssembly.Module }): Promise<{ memory: WebAssembly.Memory }>;

/** What `nextRequest` found. */
export declare enum RequestKind {
  None = 0,
  Wake = 1,
  Start = 2,
  Stop = 3,
  Fetch = 4,
  FetchResume = 5,
  FetchCancel = 6,
  Port = 7,
  Exited = 8,
  Completion = 9,
}

export type StartDetail = { program: string } | { wasm: Uint8Array };
export interface FetchDetail {
  id: number;
  method: string;
  url: string;
  headers: string[];
  body: Uint8Array;
}
export type ExitDetail = Exit;
export interface PortDetail {
  port: number;
  open: boolean;
}
/** How an operation that had to wait has ended. `errno` is its name. */
export type CompletionDetail =
  | { operation: number; data: Uint8Array | null }
  | { operation: number; errno: string }
  | { exchange: number; status: number; statusText: string; headers: string[] }
  | { exchange: number; data: Uint8Array | null }
  | { exchange: number; errno: string };

export class WebKernel {
  constructor(seed: Uint8Array, options: KernelConfig, monotonicMs: number, realtimeMs: number);
  free(): void;
  setNow(monotonicMs: number, realtimeMs: number): void;
  /** Monotonic milliseconds; Infinity for none. */
  nextDeadlineMs(): number;

  // a task's call, through the scratch area: a slot's layout, then the ranges to copy back
  scratchAddress(): number;
  /** -1 blocked, -2 the task has ended, else how many (offset, length) pairs of u32 stand behind the scratch slot. */
  call(task: number): number;
  /** What it has used since its start. */
  reportUsage(task: number, cpuMs: number): void;
  nextLogRecord(): string | undefined;
  taskFailed(task: number, failure: string, message: string): void;

  nextRequest(): RequestKind;
  requestTask(): number;
  requestDetail(): unknown;

  fetchHead(id: number, status: number, statusText: string, url: string, headers: string[]): void;
  fetchFailed(id: number): void;
  /** True: pause until FetchResume. */
  fetchBody(id: number, chunk: Uint8Array): boolean;
  fetchEnd(id: number, complete: boolean): void;

  readFile(path: string): Uint8Array;
  writeFile(path: string, data: Uint8Array): void;
  readdir(path: string): DirectoryEntry[];
  mkdir(path: string, recursive: boolean): void;
  rm(path: string, recursive: boolean, force: boolean): void;
  rename(from: string, to: string): void;
  symlink(target: string, path: string): void;
  readlink(path: string): string;
  chmod(path: string, mode: number): void;
  stat(path: string, followLinks: boolean): FileStat;
  openFile(path: string, flags: number, mode: number): number;
  readAt(fd: number, offset: number, length: number): Uint8Array;
  writeAt(fd: number, offset: number, data: Uint8Array): void;
  closeFile(fd: number): void;
  truncate(path: string, length: number): void;
  utimes(path: string, atimeMs: number, mtimeMs: number): void;
  link(existing: string, path: string): void;
  chown(path: string, uid: number, gid: number): void;
  access(path: string, mode: number): void;
  realpath(path: string): string;
  mkfifo(path: string): void;

  spawn(program: string, args: string[], env: string[], cwd: string, merged: boolean, terminal: Uint16Array): number;
  kill(pid: number, signal: number): void;
  processRead(pid: number, stream: number, operation: number): void;
  processWrite(pid: number, data: Uint8Array, operation: number): void;
  processCloseInput(pid: number): void;
  processCloseOutput(pid: number, stream: number): void;
  processResize(pid: number, rows: number, columns: number): void;

  streamConnect(id: number, port: number, operation: number): void;
  streamFifo(id: number, path: string): void;
  streamWatcher(id: number): void;
  streamWatch(id: number, path: string): number;
  streamRead(id: number, operation: number): void;
  streamWrite(id: number, data: Uint8Array, operation: number): void;
  streamClose(id: number): void;

  exchangeStart(id: number, port: number, method: string, target: string, headers: string[], body: Uint8Array): void;
  exchangePull(id: number): void;
  exchangeCancel(id: number): void;
}
