/** The task workers, as the kernel's worker sees them: which are idle, which run what, and their slots. */
import {
  CALL_OUTS_MAX,
  SLOT_DATA,
  SLOT_INPUT_LEN,
  SLOT_RET,
  SLOT_STATE,
  SLOT_TOTAL,
  SLOT_WRITTEN,
  STATE_KILLED,
  STATE_REPLIED,
  STATE_REQUESTED,
} from '../generated/abi.js';
import type { WebKernel } from '../kernel/oac_web.js';
import type { Turn } from './turn.js';
import type { Limits, TaskCall, TaskFailure, TaskReady, TaskReply, TaskStart, WorkerMessage } from '../messages.js';

/** `WebKernel.call`: the call waits. */
const BLOCKED = -1;
/** `WebKernel.call`: the task has ended. */
const EXITED = -2;
/** The scratch area: a slot's layout, (offset, length) of each range of output that was written, the output. */
const RANGE_BYTES = 8;
const OUTPUT = SLOT_TOTAL + RANGE_BYTES * CALL_OUTS_MAX;

interface Worker {
  index: number;
  bytes: Uint8Array;
  words: Int32Array;
  /** Else calls and answers are messages. */
  isShared: boolean;
  port: MessagePort;
  task: number | undefined;
  /** CPU time until its last call, and since when it runs again; while it waits in a call it uses none. */
  usedMs: number;
  runsSinceMs: number | undefined;
}

export interface TasksHost {
  /** The page is to make another worker. */
  taken(index: number): void;
  /** The page is to terminate this one. */
  retire(index: number): void;
  turn: Turn;
}

export class Tasks {
  readonly #kernel: WebKernel;
  readonly #memory: WebAssembly.Memory;
  readonly #host: TasksHost;
  readonly #clockOriginMs: number;
  readonly #memoryBytesMax: number;
  /** `undefined`: nobody counts. */
  readonly #cpuMsMax: number | undefined;
  /** Of tasks that have ended. */
  #endedMs = 0;
  #cpuTimer: ReturnType<typeof setTimeout> | undefined;
  readonly #workers = new Map<number, Worker>();
  readonly #byTask = new Map<number, Worker>();
  readonly #idle: Worker[] = [];
  /** Calls come as synchronous requests: who waits for which answer, and answers that nobody waited for any more. */
  readonly #requests: boolean;
  readonly #answers = new Map<Worker, (reply: Uint8Array<ArrayBuffer> | undefined) => void>();
  readonly #late = new Map<Worker, Uint8Array<ArrayBuffer>>();
  /** Tasks that wait for a worker. Bounded by the kernel's limit of tasks. */
  readonly #waiting: { task: number; module: WebAssembly.Module }[] = [];

  constructor(kernel: WebKernel, memory: WebAssembly.Memory, host: TasksHost, clockOriginMs: number, limits: Limits, requests: boolean) {
    this.#requests = requests;
    this.#kernel = kernel;
    this.#memory = memory;
    this.#host = host;
    this.#clockOriginMs = clockOriginMs;
    this.#memoryBytesMax = limits.memoryBytes ?? Infinity;
    this.#cpuMsMax = limits.cpuMs;
  }

  addWorker({ index, slot, port }: WorkerMessage): void {
    const memory = slot ?? new ArrayBuffer(SLOT_TOTAL);
    const worker: Worker = {
      index, bytes: new Uint8Array(memory), words: new Int32Array(memory, 0, SLOT_RET / 4), isShared: slot !== undefined, port, task: undefined, usedMs: 0, runsSinceMs: undefined,
    };
    port.onmessage = ({ data }: MessageEvent<TaskFailure | TaskCall | TaskReady>): void => {
      if ('call' in data) this.#called(worker, data.call);
      else if ('ready' in data) this.#ready(worker);
      else this.#failed(worker, data);
    };
    this.#workers.set(index, worker);
  }

  /** Not before: Firefox loses what is sent on a port to a worker that still loads. */
  #ready(worker: Worker): void {
    if (!this.#workers.has(worker.index)) return;
    this.#idle.push(worker);
    this.#dispatch();
  }

  /** A worker is of no use, and neither is the task that it was to run. */
  workerFailed(index: number, message: string): void {
    const worker = this.#workers.get(index);
    if (worker === undefined) return;
    const at = this.#idle.indexOf(worker);
    if (at >= 0) this.#idle.splice(at, 1);
    if (worker.task === undefined) this.#end(worker);
    else this.#failed(worker, { failure: 'load', message });
  }

  start(task: number, module: WebAssembly.Module): void {
    this.#waiting.push({ task, module });
    this.#dispatch();
  }

  /** A call that came as a message. */
  #called(worker: Worker, call: Uint8Array): void {
    const { task } = worker;
    if (task === undefined || call.length < SLOT_DATA || call.length > SLOT_TOTAL) return;
    worker.bytes.set(call);
    worker.words[SLOT_STATE / 4] = STATE_REQUESTED;
    this.#host.turn(() => this.#serve(worker, task));
  }

  /** The same call of a worker that asks through the service worker: `answered` gets the slot, or `undefined` at the task's end. */
  request(index: number, call: Uint8Array, answered: (reply: Uint8Array<ArrayBuffer> | undefined) => void): void {
    const worker = this.#workers.get(index);
    if (worker === undefined || worker.task === undefined) return answered(undefined);
    this.#answers.set(worker, answered);
    const early = this.#late.get(worker);
    if (call.length > 0) this.#called(worker, call);
    else if (early !== undefined) {
      this.#late.delete(worker);
      this.#answers.delete(worker);
      answered(early);
    }
  }

  /** Whoever asked waits no longer; the call goes on. */
  abandon(index: number): void {
    const worker = this.#workers.get(index);
    if (worker !== undefined) this.#answers.delete(worker);
  }

  #answer(worker: Worker, extent: number): void {
    const reply = worker.bytes.slice(0, SLOT_DATA + extent) as Uint8Array<ArrayBuffer>;
    if (!this.#requests) return worker.port.postMessage({ reply } satisfies TaskReply, [reply.buffer]);
    const answered = this.#answers.get(worker);
    this.#answers.delete(worker);
    if (answered === undefined) this.#late.set(worker, reply);
    else answered(reply);
  }

  /** Serves the request in a worker's slot, if there is one. */
  serve(index: number): void {
    const worker = this.#workers.get(index);
    if (worker?.task !== undefined) this.#serve(worker, worker.task);
  }

  /** Serves a blocked task's request again. */
  wake(task: number): void {
    const worker = this.#byTask.get(task);
    if (worker !== undefined) this.#serve(worker, task);
  }

  /** The task has been killed, perhaps before it began. */
  stop(task: number): void {
    const waiting = this.#waiting.findIndex((entry) => entry.task === task);
    if (waiting >= 0) this.#waiting.splice(waiting, 1);
    const worker = this.#byTask.get(task);
    if (worker !== undefined) this.#end(worker);
  }

  #dispatch(): void {
    while (this.#idle.length > 0 && this.#waiting.length > 0) {
      const worker = this.#idle.shift()!;
      const { task, module } = this.#waiting.shift()!;
      worker.task = task;
      this.#byTask.set(task, worker);
      const start: TaskStart = { module, clockOriginMs: this.#clockOriginMs, memoryBytesMax: this.#memoryBytesMax };
      this.#runs(worker);
      worker.port.postMessage(start);
      this.#host.taken(worker.index);
    }
  }

  #serve(worker: Worker, task: number): void {
    if (Atomics.load(worker.words, SLOT_STATE / 4) !== STATE_REQUESTED) return;
    if (this.#cpuMsMax !== undefined && worker.runsSinceMs !== undefined) {
      this.#paused(worker);
      this.#host.turn(() => this.#kernel.reportUsage(task, worker.usedMs));
      if (worker.task === undefined) return;
    }
    const address = this.#kernel.scratchAddress();
    const inputBytes = Math.min(worker.words[SLOT_INPUT_LEN / 4]! >>> 0, SLOT_TOTAL - SLOT_DATA);
    new Uint8Array(this.#memory.buffer, address, SLOT_DATA + inputBytes).set(worker.bytes.subarray(0, SLOT_DATA + inputBytes));
    const ranges = this.#kernel.call(task);
    if (ranges === BLOCKED) return;
    if (ranges === EXITED) {
      this.#end(worker);
      return;
    }
    // The memory may have grown, and its old buffer with it gone.
    const { buffer } = this.#memory;
    const list = new DataView(buffer, address + SLOT_TOTAL, RANGE_BYTES * CALL_OUTS_MAX);
    let extent = 0;
    for (let range = 0; range < ranges; range++) {
      const offset = list.getUint32(range * RANGE_BYTES, true);
      const length = list.getUint32(range * RANGE_BYTES + 4, true);
      worker.bytes.set(new Uint8Array(buffer, address + OUTPUT + offset, length), SLOT_DATA + offset);
      extent = Math.max(extent, offset + length);
    }
    worker.bytes.set(new Uint8Array(buffer, address + SLOT_WRITTEN, SLOT_RET + 8 - SLOT_WRITTEN), SLOT_WRITTEN);
    this.#runs(worker);
    Atomics.store(worker.words, SLOT_STATE / 4, STATE_REPLIED);
    if (worker.isShared) Atomics.notify(worker.words, SLOT_STATE / 4);
    else this.#answer(worker, extent);
  }

  #runs(worker: Worker): void {
    if (this.#cpuMsMax === undefined) return;
    worker.runsSinceMs = performance.now();
    this.#setTimer();
  }

  #paused(worker: Worker): void {
    if (worker.runsSinceMs !== undefined) worker.usedMs += performance.now() - worker.runsSinceMs;
    worker.runsSinceMs = undefined;
  }

  /** For the moment at which those that run now will have used up what is left, if they make no call until then. */
  #setTimer(): void {
    clearTimeout(this.#cpuTimer);
    const running = [...this.#byTask.values()].filter((worker) => worker.runsSinceMs !== undefined);
    if (this.#cpuMsMax === undefined || running.length === 0) return;
    const now = performance.now();
    let used = this.#endedMs;
    for (const worker of this.#byTask.values()) used += worker.usedMs + (worker.runsSinceMs === undefined ? 0 : now - worker.runsSinceMs);
    this.#cpuTimer = setTimeout(() => this.#cpuTimeIsUp(), Math.max(0, (this.#cpuMsMax - used) / running.length) + 1);
  }

  #cpuTimeIsUp(): void {
    for (const [task, worker] of [...this.#byTask]) {
      if (worker.runsSinceMs === undefined) continue;
      const used = worker.usedMs + performance.now() - worker.runsSinceMs;
      this.#host.turn(() => this.#kernel.reportUsage(task, used));
    }
    this.#setTimer();
  }

  #failed(worker: Worker, failure: TaskFailure): void {
    if (worker.task === undefined) return;
    const task = worker.task;
    this.#end(worker);
    this.#host.turn(() => this.#kernel.taskFailed(task, failure.failure, failure.message));
  }

  #end(worker: Worker): void {
    Atomics.store(worker.words, SLOT_STATE / 4, STATE_KILLED);
    if (worker.isShared) Atomics.notify(worker.words, SLOT_STATE / 4);
    this.#answers.get(worker)?.(undefined);
    this.#answers.delete(worker);
    this.#late.delete(worker);
    if (worker.task !== undefined) this.#byTask.delete(worker.task);
    worker.task = undefined;
    this.#paused(worker);
    this.#endedMs += worker.usedMs;
    this.#workers.delete(worker.index);
    worker.port.close();
    this.#host.retire(worker.index);
  }
}
