/**
 * The kernel's worker: owns the kernel (container-api/web, compiled to wasm), answers the page's calls, serves the system calls of
 * task workers, and does for the kernel what only JavaScript can: `fetch` and messages.
 *
 * Everything runs on this one thread in turns; after each turn `pump` does what the kernel asked for.
 */
import { ContainerError, errnoError, toRecord, type ErrnoName } from './errors.js';
import { serveCommands } from './host/commands.js';
import { Cookies } from './host/cookies.js';
import { takeRings, nudge } from './host/doorbell.js';
import { Exchanges } from './host/exchanges.js';
import * as files from './host/files.js';
import { Outside } from './host/outside.js';
import { loadModule, Programs } from './host/programs.js';
import { Persistence } from './host/persistence.js';
import { Sockets } from './host/sockets.js';
import { Streams } from './host/streams.js';
import { Tasks } from './host/tasks.js';
import * as trees from './host/trees.js';
import type { Turn } from './host/turn.js';
import { Watches } from './host/watches.js';
import init, {
  RequestKind,
  WebKernel,
  type CompletionDetail,
  type ExitDetail,
  type FetchDetail,
  type PortDetail,
  type StartDetail,
} from './kernel/oac_web.js';
import type { CallAnswer, CallMessage, CallRequest, Exit, FileCall, KernelCalls, KernelMessage, KernelOptions, LinkKind, PageMessage, WorkerMessage } from './messages.js';

declare const self: DedicatedWorkerGlobalScope;

/** How long a synchronous request waits for a call; browsers end one that takes a minute. */
const REQUEST_MS_MAX = 20_000;
/** Turns of the loop without giving messages and fetches theirs. */
const TURNS_MAX = 64;

const post = (message: KernelMessage, transfer: Transferable[] = []): void => self.postMessage(message, transfer);

const now = (): [number, number] => [performance.now(), performance.timeOrigin + performance.now()];

interface Waiter {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

type Handlers = { [K in keyof KernelCalls]: (...args: Parameters<KernelCalls[K]>) => ReturnType<KernelCalls[K]> | Promise<ReturnType<KernelCalls[K]>> };

class KernelWorker {
  readonly #kernel: WebKernel;
  /** `undefined`: calls come as messages. */
  readonly #bell: Int32Array<SharedArrayBuffer> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #tasks: Tasks;
  readonly #outside: Outside;
  readonly #exchanges: Exchanges;
  readonly #programs: Programs;
  readonly #streams: Streams;
  readonly #watches: Watches;
  readonly #sockets: Sockets;
  readonly #cookies = new Cookies();
  readonly #ports = new Set<number>();
  #persistence: Persistence | undefined;
  readonly #logs: boolean;
  readonly #operations = new Map<number, Waiter>();
  /** Tasks of the page that run. */
  readonly #running = new Set<number>();
  /** How they ended, until the page asks. */
  readonly #exits = new Map<number, { promise: Promise<Exit>; resolve(exit: Exit): void }>();
  /** Tasks whose programs are being fetched or compiled. */
  readonly #loading = new Set<number>();
  #operation = 1;
  #pumping = false;

  constructor(options: KernelOptions, memory: WebAssembly.Memory) {
    const seed = crypto.getRandomValues(new Uint8Array(32));
    this.#kernel = new WebKernel(seed, options, ...now());
    this.#logs = options.eventLog;
    this.#bell = options.doorbell === undefined ? undefined : new Int32Array(options.doorbell);
    this.#programs = new Programs(options.programs);
    const host = {
      taken: (index: number) => post({ type: 'taken', index }),
      retire: (index: number) => post({ type: 'retire', index }),
      turn: this.#turn,
    };
    this.#tasks = new Tasks(this.#kernel, memory, host, performance.timeOrigin, options.limits, options.requests);
    this.#outside = new Outside(this.#kernel, this.#turn);
    this.#outside.setProxy(options.corsProxy);
    this.#exchanges = new Exchanges(this.#kernel, this.#turn, this.#cookies);
    this.#streams = new Streams(this.#kernel, (begin) => this.#wait((operation) => this.#turn(() => begin(operation))));
    this.#watches = new Watches(this.#kernel, this.#streams, (watch, events) => post({ type: 'watch', watch, events }));
    this.#sockets = new Sockets(this.#streams, this.#cookies);
    this.#kernel.mkdir(options.workdir, true);
    void serveCommands(this.#kernel, this.#streams, (command, args, cwd) => post({ type: 'command', command, args, cwd }));
    if (this.#bell !== undefined) void this.#run(this.#bell);
  }

  /** Brings a folder back from the browser's storage, and keeps it there from now on. */
  async persist({ name, path }: { name: string; path: string }): Promise<void> {
    this.#kernel.mkdir(path, true);
    const persistence = await Persistence.open(this.#kernel, name, path, (error) => post({ type: 'error', error }));
    this.#turn(() => this.#watches.open(path, true, (_, events) => persistence.changed(events.map(([, changed]) => changed)), () => persistence.lost()));
    this.#persistence = persistence;
  }

  addWorker(message: WorkerMessage): void {
    this.#tasks.addWorker(message);
  }

  workerFailed(index: number, message: string): void {
    this.#tasks.workerFailed(index, message);
  }

  accept(port: MessagePort, kind: LinkKind): void {
    if (kind === 'exchange') this.#exchanges.accept(port);
    else if (kind === 'socket') this.#sockets.accept(port);
    else this.#acceptCall(port);
  }

  /** A call of a program that waits in a synchronous request. */
  #acceptCall(port: MessagePort): void {
    port.onmessage = ({ data: { index, call } }: MessageEvent<CallRequest>): void => {
      const timer = setTimeout(() => {
        this.#tasks.abandon(index);
        port.postMessage({ later: true } satisfies CallAnswer);
      }, REQUEST_MS_MAX);
      this.#tasks.request(index, call, (reply) => {
        clearTimeout(timer);
        port.postMessage({ reply } satisfies CallAnswer);
      });
    };
  }

  /** Of them, those about files. */
  readonly #files: Pick<Handlers, FileCall> = {
    readFile: (path) => this.#kernel.readFile(path),
    writeFile: (path, data) => this.#kernel.writeFile(path, data),
    appendFile: (path, data) => files.appendFile(this.#kernel, path, data),
    readdir: (path) => this.#kernel.readdir(path),
    mkdir: (path, recursive) => this.#kernel.mkdir(path, recursive),
    rm: (path, recursive, force) => this.#kernel.rm(path, recursive, force),
    rename: (from, to) => this.#kernel.rename(from, to),
    symlink: (target, path) => this.#kernel.symlink(target, path),
    readlink: (path) => this.#kernel.readlink(path),
    chmod: (path, mode) => this.#kernel.chmod(path, mode),
    stat: (path, followLinks) => this.#kernel.stat(path, followLinks),
    truncate: (path, length) => this.#kernel.truncate(path, length),
    utimes: (path, atimeMs, mtimeMs) => this.#kernel.utimes(path, atimeMs, mtimeMs),
    link: (existing, path) => this.#kernel.link(existing, path),
    chown: (path, uid, gid) => this.#kernel.chown(path, uid, gid),
    access: (path, mode) => this.#kernel.access(path, mode),
    realpath: (path) => this.#kernel.realpath(path),
    copyFile: (from, to) => files.copyFile(this.#kernel, from, to),
    cp: (from, to, recursive, force) => files.cp(this.#kernel, from, to, recursive, force),
  };

  /** What the page may call, by name. */
  readonly calls: Omit<Handlers, 'boot'> = {
    ...this.#files,
    batch: (operations, settle) => files.batch(this.#files, operations, settle, kernelError),
    openFile: (path, flags, mode) => this.#kernel.openFile(path, flags, mode),
    readAt: (fd, offset, length) => this.#kernel.readAt(fd, offset, length),
    writeAt: (fd, offset, data) => this.#kernel.writeAt(fd, offset, data),
    closeFile: (fd) => this.#kernel.closeFile(fd),
    mount: (source, folder) => trees.mount(this.#kernel, source, folder),
    export: (path, format, filter) => trees.exportTree(this.#kernel, path, format, filter),
    snapshot: () => trees.snapshot(this.#kernel),
    fileSearch: (query, filter, folder, limit) => trees.fileSearch(this.#kernel, query, filter, folder, limit),
    textSearch: (query, filter, folder) => trees.textSearch(this.#kernel, query, filter, folder),
    watch: (path, recursive) => this.#watches.open(path, recursive),
    unwatch: (watch) => this.#watches.close(watch),
    spawn: ({ program, args, env, cwd, merged, terminal }) => {
      const size = terminal === undefined ? [] : [terminal.rows, terminal.cols, terminal.newlines ? 1 : 0];
      const pid = this.#kernel.spawn(program, [...args], [...env], cwd, merged, Uint16Array.from(size));
      let resolve!: (exit: Exit) => void;
      const promise = new Promise<Exit>((settle) => (resolve = settle));
      this.#exits.set(pid, { promise, resolve });
      this.#running.add(pid);
      post({ type: 'spawn', pid });
      return pid;
    },
    processResize: (pid, { rows, cols }) => this.#kernel.processResize(pid, rows, cols),
    sync: async () => {
      // What the kernel has said is read by then, for reading it takes no task of its own.
      await new Promise((resolve) => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = resolve;
        port2.postMessage(null);
      });
      this.#persistence?.check();
    },
    ports: () => [...this.#ports].sort((a, b) => a - b),
    setCorsProxy: (proxy) => this.#outside.setProxy(proxy),
    setPreview: (settings) => this.#exchanges.setPreview(settings),
    setCookie: (line, path) => this.#cookies.set(line, path, false),
    wait: (pid) => {
      const exit = this.#exits.get(pid);
      if (exit === undefined) throw new ContainerError({ code: 'ECHILD', message: `task ${pid} is not the page's child`, syscall: 'wait4' });
      return exit.promise.finally(() => this.#exits.delete(pid));
    },
    processRead: (pid, stream) => this.#wait((id) => this.#kernel.processRead(pid, stream, id)) as Promise<Uint8Array | null>,
    processWrite: (pid, data) => this.#wait((id) => this.#kernel.processWrite(pid, data, id)) as Promise<void>,
    processCloseInput: (pid) => this.#kernel.processCloseInput(pid),
    processCloseOutput: (pid, stream) => this.#kernel.processCloseOutput(pid, stream),
    kill: (pid, signal) => this.#kernel.kill(pid, signal),
  };

  /** Runs one of the page's calls, and what follows from it. */
  async call({ id, name, args }: CallMessage): Promise<void> {
    try {
      const handler = this.calls[name as keyof Omit<Handlers, 'boot'>] as (...args: readonly unknown[]) => unknown;
      const value = await this.#turn(() => handler(...args));
      const transfer = value instanceof Uint8Array && value.buffer instanceof ArrayBuffer ? [value.buffer] : [];
      post({ type: 'reply', id, value }, transfer);
    } catch (error) {
      // A panic is no answer to a call: nothing can be asked of this kernel any more.
      if (error instanceof WebAssembly.RuntimeError) throw error;
      post({ type: 'failure', id, error: kernelError(error) });
    }
  }

  #wait(begin: (operation: number) => void): Promise<unknown> {
    const operation = this.#operation++;
    let reject!: (error: unknown) => void;
    const promise = new Promise<unknown>((resolve, fail) => {
      reject = fail;
      this.#operations.set(operation, { resolve, reject });
    });
    try {
      begin(operation);
    } catch (error) {
      this.#operations.delete(operation);
      reject(error);
    }
    return promise;
  }

  /** Serves task workers until the worker is terminated. */
  async #run(bell: Int32Array<SharedArrayBuffer>): Promise<void> {
    const channel = new MessageChannel();
    let turns = 0;
    for (;;) {
      const seen = Atomics.load(bell, 0);
      this.#kernel.setNow(...now());
      takeRings(bell, (index) => this.#tasks.serve(index));
      this.#pump();
      const timeoutMs = this.#kernel.nextDeadlineMs() - performance.now();
      const wait = timeoutMs <= 0 ? undefined : Atomics.waitAsync(bell, 0, seen, timeoutMs);
      if (wait?.async) {
        await wait.value;
        turns = 0;
      } else if (++turns >= TURNS_MAX) {
        turns = 0;
        await new Promise((resolve) => {
          channel.port1.onmessage = resolve;
          channel.port2.postMessage(null);
        });
      }
    }
  }

  /** An event from outside the loop. */
  readonly #turn: Turn = (event) => {
    const before = this.#kernel.nextDeadlineMs();
    this.#kernel.setNow(...now());
    const result = event();
    this.#pump();
    // The loop sleeps until the deadline that it knew.
    if (this.#bell === undefined) this.#setTimer();
    else if (this.#kernel.nextDeadlineMs() < before) nudge(this.#bell);
    return result;
  };

  /** Without a loop that sleeps, a timer tells the kernel of its next deadline. */
  #setTimer(): void {
    clearTimeout(this.#timer);
    const deadlineMs = this.#kernel.nextDeadlineMs();
    if (deadlineMs !== Infinity) this.#timer = setTimeout(() => this.#turn(() => undefined), Math.max(0, deadlineMs - performance.now()));
  }

  /** Does what the kernel asks for, until it asks for no more. */
  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      for (let kind = this.#kernel.nextRequest(); kind !== RequestKind.None; kind = this.#kernel.nextRequest()) {
        this.#handle(kind, this.#kernel.requestTask());
      }
      if (this.#logs) this.#takeLog();
    } finally {
      this.#pumping = false;
    }
  }

  #takeLog(): void {
    const lines: string[] = [];
    for (let line = this.#kernel.nextLogRecord(); line !== undefined; line = this.#kernel.nextLogRecord()) lines.push(line);
    if (lines.length > 0) post({ type: 'log', lines });
  }

  #handle(kind: RequestKind, task: number): void {
    switch (kind) {
      case RequestKind.Wake:
        return this.#tasks.wake(task);
      case RequestKind.Start:
        return void this.#start(task, this.#kernel.requestDetail() as StartDetail);
      case RequestKind.Stop:
        this.#loading.delete(task);
        return this.#tasks.stop(task);
      case RequestKind.Fetch:
        return this.#outside.start(this.#kernel.requestDetail() as FetchDetail);
      case RequestKind.FetchResume:
        return this.#outside.resume(this.#kernel.requestDetail() as number);
      case RequestKind.FetchCancel:
        return this.#outside.cancel(this.#kernel.requestDetail() as number);
      case RequestKind.Port: {
        const { port, open } = this.#kernel.requestDetail() as PortDetail;
        if (open) {
          this.#ports.add(port);
          this.#exchanges.portOpened(port);
        } else this.#ports.delete(port);
        return post({ type: 'port', port, open });
      }
      case RequestKind.Exited:
        this.#running.delete(task);
        return this.#exited(task, this.#kernel.requestDetail() as ExitDetail);
      case RequestKind.Completion:
        return this.#completed(this.#kernel.requestDetail() as CompletionDetail);
      case RequestKind.None:
        return;
    }
  }

  #exited(pid: number, exit: Exit): void {
    this.#exits.get(pid)?.resolve(exit);
    post({ type: 'exit', pid, exit });
  }

  #completed(detail: CompletionDetail): void {
    if ('exchange' in detail) return this.#exchanges.completed(detail, this.#running.size > 0);
    const waiter = this.#operations.get(detail.operation);
    this.#operations.delete(detail.operation);
    if ('errno' in detail) waiter?.reject(errnoError(detail.errno as ErrnoName, 'read or write'));
    else waiter?.resolve(detail.data);
  }

  async #start(task: number, detail: StartDetail): Promise<void> {
    try {
      this.#loading.add(task);
      const module = 'program' in detail ? await this.#programs.get(detail.program) : await WebAssembly.compile(detail.wasm as Uint8Array<ArrayBuffer>);
      // It may have been killed meanwhile.
      if (this.#loading.delete(task)) this.#tasks.start(task, module);
    } catch (error) {
      if (!this.#loading.delete(task)) return;
      const message = error instanceof Error ? error.message : String(error);
      this.#turn(() => this.#kernel.taskFailed(task, 'load', message));
      if (error instanceof ContainerError) post({ type: 'error', error: toRecord(error) });
    }
  }
}

/** The kernel's wasm throws plain records, see container-api/web/src/error.rs. */
function kernelError(error: unknown): ReturnType<typeof toRecord> {
  if (typeof error === 'object' && error !== null && 'code' in error && !(error instanceof Error)) {
    return error as ReturnType<typeof toRecord>;
  }
  return toRecord(error);
}

const fatal = (reason: unknown): void => {
  const why = reason instanceof Error ? reason.message : String(reason);
  post({ type: 'fatal', error: { code: 'ERR_INTERNAL', message: `the container's kernel has failed: ${why}` } });
};
self.addEventListener('unhandledrejection', (event) => fatal(event.reason));
self.addEventListener('error', (event) => fatal(event.error ?? event.message));

let worker: Promise<KernelWorker> | undefined;

async function boot(options: KernelOptions): Promise<KernelWorker> {
  const module = await loadModule(new URL('./kernel/oac_web_bg.wasm', import.meta.url).href);
  const { memory } = await init({ module_or_path: module });
  const kernel = new KernelWorker(options, memory);
  if (options.persist !== undefined) await kernel.persist(options.persist);
  return kernel;
}

self.onmessage = async ({ data }: MessageEvent<PageMessage>): Promise<void> => {
  if (data.type === 'call' && data.name === 'boot') {
    worker = boot(data.args[0] as KernelOptions);
    try {
      await worker;
      post({ type: 'reply', id: data.id, value: undefined });
    } catch (error) {
      post({ type: 'failure', id: data.id, error: kernelError(error) });
    }
    return;
  }
  // Without a kernel the page has been told why, and ends this worker.
  const kernel = await worker?.catch(() => undefined);
  if (kernel === undefined) return;
  if (data.type === 'call') await kernel.call(data);
  else if (data.type === 'worker') kernel.addWorker(data);
  else if (data.type === 'worker-failed') kernel.workerFailed(data.index, data.message);
  else kernel.accept(data.port, data.type);
};
