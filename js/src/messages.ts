/**
 * What travels between the page, the kernel's worker, the task workers and the service worker.
 *
 *     page ── KernelCalls / KernelEvent ──► kernel worker ── TaskCommand / TaskReport ──► task worker
 *     service worker ── ServiceRequest ──► page ── (a MessagePort) ──► kernel worker
 */
import type { ErrorRecord } from './errors.js';
import type { FileSystemTree } from './tree.js';

// ---- page and kernel worker

/** Where a container may connect to: nowhere, anywhere, or to these hosts (`name` or `name:port`). */
export type NetworkPolicy = 'none' | 'any' | readonly string[];

/** A server that makes requests on the page's behalf, to servers that do not allow pages (CORS). */
export interface CorsProxy {
  /** Absolute. `{url}` in it stands for the address that is wanted, encoded; without it, that is put behind. */
  address: string;
  /** Hosts that are asked through it, with their subdomains. Default: all but the page's own. */
  domains?: readonly string[];
}

/** Lists of what is allowed; one that is missing allows all. */
export interface KernelCapabilities {
  /** Hosts that may be reached; empty: none. */
  network?: readonly string[];
  read?: readonly string[];
  write?: readonly string[];
  listen?: readonly number[];
  spawn?: readonly string[];
  env?: readonly string[];
}

/** How much a container may use; what is missing has the kernel's default, or no limit. */
export interface Limits {
  /** Linear memory of each program, in bytes: one that has more ends at its next system call, with `out of memory`. */
  memoryBytes?: number;
  /** CPU time of all programs together; then all that run are killed, and no more are started. */
  cpuMs?: number;
  /** Time since boot; then likewise. */
  wallMs?: number;
  /** Programs at a time; one more is EAGAIN. Default 256. */
  processes?: number;
  /** Open files of one program; one more is EMFILE. Default 4096. */
  fileHandles?: number;
  /** Bytes of all files; one more is ENOSPC. Default 4 GiB. */
  diskBytes?: number;
  /** Bytes of one file; one more is EFBIG. */
  fileBytes?: number;
}

/** The JavaScript engine of `node`: `'auto'` is QuickJS-ng; `'boa'` is Rust alone, slower, and needs `node-boa.wasm` beside the other programs. */
export type NodeEngine = 'auto' | 'quickjs' | 'boa';

/** What `WebKernel` is made with. */
export interface KernelConfig {
  hostname: string;
  engine: NodeEngine;
  capabilities: KernelCapabilities;
  limits: Limits;
  eventLog: boolean;
}

export interface KernelOptions extends KernelConfig {
  /** The folder that is kept in the browser's storage, and under which name. */
  persist: { name: string; path: string } | undefined;
  corsProxy: CorsProxy | undefined;
  /** Where the programs' wasm files are: the folder's address, with its slash. */
  programs: string;
  /** Doorbell words, see host/doorbell.ts; `undefined` where memory cannot be shared, and calls travel as messages. */
  doorbell: SharedArrayBuffer | undefined;
  /** Calls come as synchronous requests through the service worker. */
  requests: boolean;
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
  /** All three streams are a terminal of this size; `merged` is not looked at. */
  terminal?: TerminalSize & {
    /** Whether a line's end is written as CR LF, as a terminal wants it. */
    newlines: boolean;
  };
}

export interface TerminalSize {
  cols: number;
  rows: number;
}

/** How a task ended. */
export interface Exit {
  /** As wait(2) packs it. */
  status: number;
  /** A trap's message, or the limit that was reached. */
  reason?: string;
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
  | { path: string; kind: 'directory'; mode?: number }
  | { path: string; kind: 'file'; contents: Uint8Array; mode?: number }
  | { path: string; kind: 'symlink'; target: string };

/** 1 stdout, 2 stderr. */
export type OutputStream = 1 | 2;

/** What `mount` puts there. */
export type MountSource = { tree: FileSystemTree } | { snapshot: Uint8Array } | { entries: readonly MountEntry[] };

export type ExportFormat = 'json' | 'binary' | 'zip';

/** Globs of paths below the folder that is looked at. */
export interface PathFilter {
  /** What is taken out of excluded folders after all. */
  includes?: readonly string[];
  excludes?: readonly string[];
}

/** One of a `batch`: the name of a call about files, and its arguments. */
export type FileOperation = { [K in FileCall]: { name: K; args: Parameters<KernelCalls[K]> } }[FileCall];

export type FileCall =
  | 'readFile' | 'writeFile' | 'appendFile' | 'readdir' | 'mkdir' | 'rm' | 'rename' | 'symlink' | 'readlink' | 'chmod' | 'stat'
  | 'truncate' | 'utimes' | 'link' | 'chown' | 'access' | 'realpath' | 'copyFile' | 'cp';

export type BatchResult = { value: unknown } | { error: ErrorRecord };

/** Scripts and forwarding in pages of previews. */
export interface PreviewSettings {
  forwardErrors: boolean | 'exceptions-only';
  scripts: readonly PreviewScript[];
}
export interface PreviewScript {
  src: string;
  type?: string;
  defer?: boolean;
  async?: boolean;
}

/** The calls that the kernel's worker answers. */
export interface KernelCalls {
  boot(options: KernelOptions): void;

  readFile(path: string): Uint8Array;
  writeFile(path: string, data: Uint8Array): void;
  appendFile(path: string, data: Uint8Array): void;
  readdir(path: string): DirectoryEntry[];
  mkdir(path: string, recursive: boolean): void;
  rm(path: string, recursive: boolean, force: boolean): void;
  rename(from: string, to: string): void;
  symlink(target: string, path: string): void;
  readlink(path: string): string;
  chmod(path: string, mode: number): void;
  stat(path: string, followLinks: boolean): FileStat;
  truncate(path: string, length: number): void;
  utimes(path: string, atimeMs: number, mtimeMs: number): void;
  link(existing: string, path: string): void;
  chown(path: string, uid: number, gid: number): void;
  access(path: string, mode: number): void;
  realpath(path: string): string;
  copyFile(from: string, to: string): void;
  cp(from: string, to: string, recursive: boolean, force: boolean): void;
  /** In one turn of the kernel. Stops at the first failure unless `settle`. */
  batch(operations: readonly FileOperation[], settle: boolean): BatchResult[];

  openFile(path: string, flags: number, mode: number): number;
  readAt(fd: number, offset: number, length: number): Uint8Array;
  /** A negative offset appends. */
  writeAt(fd: number, offset: number, data: Uint8Array): void;
  closeFile(fd: number): void;

  /** Gives how many entries there were. */
  mount(source: MountSource, folder: string): number;
  export(path: string, format: ExportFormat, filter: PathFilter): FileSystemTree | Uint8Array;
  /** All files of the container but what it makes itself, for `restore`. */
  snapshot(): Uint8Array;
  fileSearch(query: string, filter: PathFilter, folder: string, limit: number): string[];
  textSearch(query: TextQuery, filter: PathFilter, folder: string): TextMatch[];

  /** Events come as `KernelEvent`s with the watch's number until it is closed. */
  watch(path: string, recursive: boolean): number;
  unwatch(watch: number): void;

  spawn(message: SpawnMessage): number;
  /** Resolves when the task has ended. */
  wait(pid: number): Exit;
  /** `null` at the end of the stream. */
  processRead(pid: number, stream: OutputStream): Uint8Array | null;
  processWrite(pid: number, data: Uint8Array): void;
  processCloseInput(pid: number): void;
  processCloseOutput(pid: number, stream: OutputStream): void;
  processResize(pid: number, size: TerminalSize): void;
  kill(pid: number, signal: number): void;

  /** Resolves when every change so far is kept. */
  sync(): void;
  ports(): number[];
  setCorsProxy(proxy: CorsProxy | undefined): void;
  setPreview(settings: PreviewSettings): void;
  /** Of the jar that all previews of the container share: a line as a page sets it. */
  setCookie(line: string, path: string): void;
}

export interface TextQuery {
  text: string;
  isRegex: boolean;
  caseSensitive: boolean;
  wholeWords: boolean;
  /** Matches of one file, and of all. */
  limit: number;
}

export interface TextMatch {
  path: string;
  lines: { text: string; /** From 0. */ line: number; /** From 0; the end is behind the match. */ start: number; end: number }[];
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
  slot: SharedArrayBuffer | undefined;
  port: MessagePort;
}

/** A task worker could not be loaded, or failed outside its program. */
export interface WorkerFailedMessage {
  type: 'worker-failed';
  index: number;
  message: string;
}

/** What somebody is about to send on a port: an `ExchangeRequest`, a `SocketRequest`, a `CallRequest`. */
export type LinkKind = 'exchange' | 'socket' | 'system-call';

export interface LinkMessage {
  type: LinkKind;
  port: MessagePort;
}

/** A program's system call that came as a synchronous request; empty: the answer to the one before. */
export interface CallRequest {
  index: number;
  call: Uint8Array;
}
/** Without a `reply` the task has ended. */
export type CallAnswer = { reply: Uint8Array<ArrayBuffer> | undefined } | { later: true };

export type PageMessage = CallMessage | WorkerMessage | WorkerFailedMessage | LinkMessage;

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

export type FileChange = 'rename' | 'change';

export type KernelEvent =
  | { type: 'port'; port: number; open: boolean }
  /** `name`: relative to what is watched. */
  | { type: 'watch'; watch: number; events: [FileChange, string][] }
  /** A program called `xdg-open`, or `code`. */
  | { type: 'command'; command: 'xdg-open' | 'code'; args: string[]; cwd: string }
  | { type: 'spawn'; pid: number }
  | { type: 'exit'; pid: number; exit: Exit }
  /** Lines of the event log, JSON. */
  | { type: 'log'; lines: string[] }
  | { type: 'error'; error: ErrorRecord };

// ---- kernel worker and task worker

/** The page's first message to a task worker. */
export interface TaskInit {
  index: number;
  slot: SharedArrayBuffer | undefined;
  doorbell: SharedArrayBuffer | undefined;
  port: MessagePort;
  /** How calls wait where nothing is shared: the program's stack is suspended, or a synchronous request to this address. */
  callAddress: string | undefined;
}

/** A call of a program whose memory is not shared: its slot, as far as there is input. */
export interface TaskCall {
  call: Uint8Array<ArrayBuffer>;
}
/** The same slot with the result, as far as there is output. */
export interface TaskReply {
  reply: Uint8Array<ArrayBuffer>;
}

/** The kernel's: run this. */
export interface TaskStart {
  module: WebAssembly.Module;
  /** The kernel's `performance.timeOrigin`, from which the container's monotonic clock counts. */
  clockOriginMs: number;
  memoryBytesMax: number;
}

/** The worker's first: it can be given something to run. */
export interface TaskReady {
  ready: true;
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

/** The page has files kept for when the network is away; answered when they are. */
export interface KeepFiles {
  type: 'oac-keep';
  urls: string[];
}

export interface YouAre {
  clientId: string;
}

/** The service worker asks the page that owns a container for a way to its kernel. */
export interface ConnectPreview {
  type: 'oac-connect';
  container: number;
  /** For an HTTP exchange, or a WebSocket. */
  kind: LinkKind;
  port: MessagePort;
  /** The page says `gone` on it when the container ends; the service worker says anything when it needs the link no more. */
  lifeline: MessagePort;
}

/** A preview's page tells its container something: an error of its own, or that it sets a cookie. */
export interface FromPreview {
  type: 'oac-from-preview';
  container: number;
  port: number;
  content: { message: unknown } | { cookie: string; path: string };
}

/** What a preview's page sends to the service worker; `address` is the path of its preview. */
export type PreviewClientMessage =
  | { type: 'oac-socket'; address: string; port: MessagePort }
  | { type: 'oac-preview-message'; address: string; message: unknown }
  | { type: 'oac-cookie'; address: string; cookie: string; path: string };

/** The service worker tells a preview's page which cookies it now sees. */
export interface PreviewCookies {
  type: 'oac-cookies';
  cookies: string;
}

// ---- a WebSocket to a port, over one MessagePort

export interface SocketRequest {
  port: number;
  target: string;
  protocols: readonly string[];
  origin: string;
}
/** From the side that asked: a message, or a close. */
export type SocketSend = { data: string | ArrayBuffer } | { close: number; reason: string };
export type SocketEvent =
  | { open: string; extensions: string }
  | { data: string | ArrayBuffer }
  /** Bytes of messages that have been sent on. */
  | { sent: number }
  | { close: number; reason: string; wasClean: boolean };

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
  /** Of a preview: the path of the page that asks. Cookies are kept for it, and the answer tells of the preview's settings. */
  page?: string;
}

/** From the side that asked: more of the body, or no more. */
export type ExchangeControl = 'pull' | 'cancel';

/** What a preview's page is to have in it. */
export interface PreviewInsert extends PreviewSettings {
  /** As `document.cookie`. */
  cookies: string;
}

export type ExchangeReply =
  | { type: 'head'; status: number; statusText: string; headers: [string, string][]; preview?: PreviewInsert }
  | { type: 'chunk'; data: Uint8Array }
  | { type: 'end' }
  /** `starting`: nobody listens, but there are tasks that may yet. */
  | { type: 'failure'; error: ErrorRecord; starting: boolean };
