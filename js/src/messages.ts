/**
 * What travels between the page, the kernel's worker, the task workers and the service worker.
 *
 *     page ── KernelCalls / KernelEvent ──► kernel worker ── TaskCommand / TaskReport ──► task worker
 *     service worker ── ServiceRequest ──► page ── (a MessagePort) ──► kernel worker
 */
import type { ErrorRecord } from './errors.js';

// ---- page and kernel worker

/** Where a container may connect to: nowhere, anywhere, or to these hosts (`name` or `name:port`). */
export type NetworkPolicy = 'none' | 'any' | readonly string[];

export interface KernelOptions {
  hostname: string;
  network: NetworkPolicy;
  /** Where the programs' wasm files are: the folder's address, with its slash. */
  programs: string;
  /** Doorbell words, see host/doorbell.ts. */
  doorbell: SharedArrayBuffer;
  /** Made before anything else, with its parents. */
  workdir: string;
}

export interface SpawnMessage {
  program: string;
  args: readonly string[];
  /** Complete: nothing is added to it. `NAME=value`. */
  env: readonly string[];
  cwd: string;
  /** One pipe for stdout and stderr keeps their order; two keep them apart. */
  merged: boolean;
}

export interface FileStat {
  dev: number;
  ino: number;
  mode: number;
  nlink: number;
  uid: number;
  gid: number;
  size: number;
  atimeMs: number;
  mtimeMs: number;
  ctimeMs: number;
  birthtimeMs: number;
}

export interface DirectoryEntry {
  name: Uint8Array;
  /** `st_mode >> 12`. */
  kind: number;
}

/** A file to be made by `mount`; folders are made as needed, an empty one by an entry of its own. */
export type MountEntry =
  | { path: string; kind: 'directory' }
  | { path: string; kind: 'file'; contents: Uint8Array }
  | { path: string; kind: 'symlink'; target: string };

/** 1 stdout, 2 stderr. */
export type OutputStream = 1 | 2;

/** The calls that the kernel's worker answers. */
export interface KernelCalls {
  boot(options: KernelOptions): void;
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
  mount(entries: readonly MountEntry[]): void;
  spawn(message: SpawnMessage): number;
  /** Resolves when the task has ended, with the status as wait(2) packs it. */
  wait(pid: number): number;
  /** `null` at the end of the stream. */
  processRead(pid: number, stream: OutputStream): Uint8Array | null;
  processWrite(pid: number, data: Uint8Array): void;
  processCloseInput(pid: number): void;
  processCloseOutput(pid: number, stream: OutputStream): void;
  kill(pid: number, signal: number): void;
}

export interface CallMessage {
  type: 'call';
  id: number;
  name: keyof KernelCalls;
  args: readonly unknown[];
}

/** A task worker that the page made for the kernel. */
export interface WorkerMessage {
  type: 'worker';
  index: number;
  slot: SharedArrayBuffer;
  port: MessagePort;
}

/** A task worker could not be loaded, or failed outside its program. */
export interface WorkerFailedMessage {
  type: 'worker-failed';
  index: number;
  message: string;
}

/** A port on which somebody is about to send an `ExchangeRequest`. */
export interface ExchangeMessage {
  type: 'exchange';
  port: MessagePort;
}

export type PageMessage = CallMessage | WorkerMessage | WorkerFailedMessage | ExchangeMessage;

export type KernelMessage =
  | { type: 'reply'; id: number; value: unknown }
  | { type: 'failure'; id: number; error: ErrorRecord }
  /** A task has this worker now: make another, so that the pool stays warm. */
  | { type: 'taken'; index: number }
  /** The worker's task has ended: terminate it. */
  | { type: 'retire'; index: number }
  /** The kernel itself has failed: the container is no more. */
  | { type: 'fatal'; error: ErrorRecord }
  | KernelEvent;

export type KernelEvent =
  | { type: 'port'; port: number; open: boolean }
  | { type: 'error'; error: ErrorRecord };

// ---- kernel worker and task worker

/** The page's first message to a task worker. */
export interface TaskInit {
  index: number;
  slot: SharedArrayBuffer;
  doorbell: SharedArrayBuffer;
  port: MessagePort;
}

/** The kernel's: run this. */
export interface TaskStart {
  module: WebAssembly.Module;
  /** The kernel's `performance.timeOrigin`, from which the container's monotonic clock counts. */
  clockOriginMs: number;
}

/** The worker's: it went wrong. A program that ends says so by a system call. */
export interface TaskFailure {
  failure: 'unreachable' | 'trap' | 'memory' | 'load';
  message: string;
}

// ---- service worker and page

/** The page asks which client it is, so that previews can name it. */
export interface WhoAmI {
  type: 'oac-who-am-i';
}

export interface YouAre {
  clientId: string;
}

/** The service worker asks the page that owns a container for a way to its kernel. */
export interface ConnectPreview {
  type: 'oac-connect';
  container: number;
  port: MessagePort;
  /** The page says `gone` on it when the container ends; the service worker says anything when it needs the link no more. */
  lifeline: MessagePort;
}

// ---- an HTTP exchange with a port, over one MessagePort

export interface ExchangeRequest {
  port: number;
  method: string;
  /** Path and query, as in the request line. */
  target: string;
  headers: readonly (readonly [string, string])[];
  body: Uint8Array | null;
  /** Wait until somebody listens, instead of failing with ECONNREFUSED. */
  wait: boolean;
}

/** From the side that asked: more of the body, or no more. */
export type ExchangeControl = 'pull' | 'cancel';

export type ExchangeReply =
  | { type: 'head'; status: number; statusText: string; headers: [string, string][] }
  | { type: 'chunk'; data: Uint8Array }
  | { type: 'end' }
  /** `starting`: nobody listens, but there are tasks that may yet. */
  | { type: 'failure'; error: ErrorRecord; starting: boolean };
