// node::worker::Worker: threads of this process, each a task of the kernel's with an engine of its own.

import { demand } from './permission';
import { AsyncWrap, callIn, makeCallback } from '../async_wrap';
import { channel } from '../channel';
import { parseCommandLine } from '../command_line';
import { environment, shareEnvironment, type SharedEnvironment } from '../environment';
import { enqueueClose, enqueueWork, keepAlive, POLLIN, Watcher } from '../loop';
import { wirePort } from '../message_port';
import { constant, notAvailable } from '../oracle';
import { getInternalBinding } from '../realm';
import { refresh } from '../shared_memory';
import { command } from '../start';
import { answer, ask, forget, type Question } from '../thread_questions';
import { encodeStart, self, type ThreadStart } from '../thread';

const { ops } = host;
const OUT_OF_MEMORY = 3;
const STACK_MB = 4;

let envPort: object | undefined;

/** What the binding says of this thread. */
function identity(start: ThreadStart | undefined): object {
  return {
    isMainThread: start === undefined,
    isInternalThread: start?.isInternal ?? false,
    ownsProcessState: start === undefined,
    threadId: start?.threadId ?? 0,
    threadName: start?.name ?? '',
    resourceLimits: new Float64Array(start?.resourceLimits ?? [0, 0, 0, 0]),
  };
}

/** This realm is that of a thread from now on. */
export function become(start: ThreadStart): void {
  Object.assign(getInternalBinding('worker'), identity(start));
  answer(start.questions);
}

const EMPTY = new Float64Array(0);

class Worker extends AsyncWrap {
  declare messagePort: any;
  declare invalidExecArgv?: string[];
  declare invalidNodeOptions?: string[];
  declare onexit: ((code: number, customError?: string, reason?: string) => void) | null;
  #fd: number;
  #threadId: number;
  #start: ThreadStart | undefined;
  #watcher: Watcher | undefined;
  #referenced = true;
  #questions: number;
  #limits: Float64Array;
  #name: string;

  constructor(
    _url: string | null, env: Record<string, string> | null | undefined, execArgv: string[] | undefined, limits: Float64Array,
    _trackUnmanagedFds: boolean, isInternal: boolean, name: string,
  ) {
    super('WORKER');
    if (!isInternal) demand('WorkerThreads', '');
    this.#limits = limits.slice();
    this.#name = name;
    const invalid = execArgv === undefined ? undefined : invalidArguments(execArgv);
    const number = new Uint32Array(1);
    this.#fd = this.#questions = -1;
    this.#threadId = -1;
    if (invalid !== undefined) {
      this.invalidExecArgv = invalid;
      return;
    }
    this.#fd = ops.sys_thread_create(number);
    if (this.#fd < 0) throw initFailed(`there are too many threads (errno ${-this.#fd})`);
    this.#threadId = number[0]!;
    const [own, theirs] = channel();
    const [questions, theirQuestions] = channel();
    this.messagePort = wirePort(own);
    this.#questions = questions;
    const { list, end }: { list: string[]; end?: SharedEnvironment } = env === undefined ? shareEnvironment() : { list: pairs(env === null ? environment : Object.entries(env)) };
    this.#start = {
      threadId: this.#threadId,
      name,
      port: theirs,
      questions: theirQuestions,
      isInternal,
      env: list,
      sharedEnv: end,
      options: execArgv === undefined ? command.options : { ...parseCommandLine(['node', ...execArgv]).options },
      execArgv: execArgv?.map(String) ?? command.execArgv,
      argv0: command.argv[0]!,
      resourceLimits: [...effective(this.#limits)],
    };
  }

  get threadId(): number { return this.#threadId; }
  get threadName(): string { return this.#name; }

  startThread(): void {
    const start = this.#start!;
    const fds = new Int32Array([start.port, start.questions, ...(start.sharedEnv === undefined ? [] : [start.sharedEnv.fd])]);
    const [young, old] = this.#limits as unknown as [number, number];
    // Without a limit of the old generation there is none.
    const memoryBytes = old > 0 ? (old + Math.max(0, young)) * 2 ** 20 : 0;
    const result = ops.sys_thread_start(this.#fd, encodeStart(start), fds, memoryBytes);
    this.#start = undefined;
    if (result < 0) {
      for (const fd of [this.#fd, this.#questions, ...fds]) ops.sys_close(fd);
      throw initFailed(`a thread cannot be started (errno ${-result})`);
    }
    this.#watcher = new Watcher(this.#fd, () => {
      this.#watcher!.watch(0);
      // What it sent before, and the ends of its ports, come first.
      enqueueWork(() => enqueueClose(() => this.#ended()));
    });
    this.#watcher.referenced = false;
    this.#watcher.watch(POLLIN);
    if (this.#referenced) keepAlive.add(this);
  }

  stopThread(): void {
    if (this.#watcher !== undefined) ops.sys_thread_stop(this.#fd, 1);
  }

  #ended(): void {
    const status = this.#status();
    this.#watcher = undefined;
    refresh();
    keepAlive.delete(this);
    forget(this.#questions);
    ops.sys_close(this.#fd);
    ops.sys_close(this.#questions);
    const code = status.getInt32(4, true);
    if (status.getUint32(0, true) === OUT_OF_MEMORY) {
      makeCallback(this, 'onexit', 1, 'ERR_WORKER_OUT_OF_MEMORY', 'JS heap out of memory');
    } else makeCallback(this, 'onexit', code);
  }

  #status(): DataView {
    const record = new Uint8Array(32);
    ops.sys_thread_status(this.#fd, record);
    return new DataView(record.buffer);
  }

  ref(): void {
    this.#referenced = true;
    if (this.#watcher !== undefined) keepAlive.add(this);
  }

  unref(): void {
    this.#referenced = false;
    keepAlive.delete(this);
  }

  hasRef(): boolean { return this.#watcher !== undefined && this.#referenced; }

  getResourceLimits(): Float64Array { return this.#watcher === undefined && this.#start === undefined ? EMPTY : effective(this.#limits); }

  /** In ms, by the clock of that thread. */
  loopStartTime(): number {
    return this.#watcher === undefined ? -1 : 0;
  }

  loopIdleTime(): number {
    return this.#watcher === undefined ? 0 : Number(this.#status().getBigUint64(16, true)) / 1e6;
  }

  /** Asks the thread, which answers when it gets to it; `ondone` is called then. */
  #ask(question: Question): object | undefined {
    if (this.#watcher === undefined) return undefined;
    const taker: any = new AsyncWrap('WORKER');
    ask(this.#questions, question, (...values) => callIn(taker, () => taker.ondone(...values)));
    return taker;
  }

  getHeapStatistics(): object | undefined { return this.#ask('heapStatistics'); }
  cpuUsage(): object | undefined { return this.#ask('cpuUsage'); }
  takeHeapSnapshot(): object | undefined {
    if (this.#watcher === undefined) return undefined;
    throw notAvailable('A heap snapshot');
  }
  startCpuProfile(): object | undefined {
    if (this.#watcher === undefined) return undefined;
    throw notAvailable('A CPU profile');
  }
  stopCpuProfile(): object | undefined { return undefined; }
  startHeapProfile(): object | undefined {
    if (this.#watcher === undefined) return undefined;
    throw notAvailable('A heap profile');
  }
  stopHeapProfile(): object | undefined { return undefined; }
}

function initFailed(what: string): Error {
  const error: any = new Error(`Worker initialization failure: ${what}`);
  error.code = 'ERR_WORKER_INIT_FAILED';
  return error;
}

function pairs(entries: Iterable<[string, string]>): string[] {
  const list: string[] = [];
  for (const [name, value] of entries) list.push(name, value);
  return list;
}

/** The limits that hold: what is not given is the engine's own. */
function effective(limits: Float64Array): Float64Array {
  const defaults = [48, 2096, 0, STACK_MB];
  return limits.map((limit, i) => (limit > 0 ? limit : defaults[i]!));
}

/** Options that are the whole process's, not a thread's (src/node_options.cc, PerProcessOptionsParser). */
const PER_PROCESS = new Set([
  '--title', '--trace-event-categories', '--trace-event-file-pattern', '--v8-pool-size', '--zero-fill-buffers', '--disable-proto',
  '--security-revert', '--completion-bash', '--help', '--version', '--v8-options', '--report-on-fatalerror', '--icu-data-dir',
  '--openssl-config', '--openssl-legacy-provider', '--openssl-shared-config', '--tls-cipher-list', '--enable-fips', '--force-fips',
  '--secure-heap', '--secure-heap-min', '--use-largepages', '--trace-sigint', '--node-memory-debug', '--disable-wasm-trap-handler',
  '--build-snapshot', '--build-snapshot-config', '--experimental-sea-config', '--run', '--abort-on-uncaught-exception',
  '--max-old-space-size', '--max-semi-space-size', '--stack-trace-limit', '--expose-gc', '--expose_gc', '--use-openssl-ca',
  '--use-bundled-ca', '--use-system-ca', '--node-snapshot', '--cpu-prof', '--prof',
]);

function invalidArguments(execArgv: unknown[]): string[] | undefined {
  const invalid: string[] = [];
  for (const arg of execArgv.map(String)) {
    const name = arg.split('=')[0]!;
    if (PER_PROCESS.has(name)) invalid.push(arg);
  }
  if (invalid.length > 0) return invalid;
  const parsed = parseCommandLine(['node', ...execArgv.map(String)]);
  if (parsed.error !== undefined) return [parsed.error.replace(/^bad option: /, '')];
  if (parsed.v8Options.length > 0) return parsed.v8Options;
  return undefined;
}

export function create(): object {
  return {
    ...identity(self.start),
    Worker,
    // Made once the library has taken ports over.
    getEnvMessagePort: () => (self.start === undefined ? undefined : envPort ??= wirePort(self.start.port)),
    kTotalResourceLimitCount: constant('worker', 'kTotalResourceLimitCount'),
  };
}
