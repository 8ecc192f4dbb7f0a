/** The page's end of the kernel's worker: calls, events, and the supply of task workers. */
import { ContainerError, type ErrorRecord } from './errors.js';
import type { Link } from './exchange.js';
import { SLOT_TOTAL } from './generated/abi.js';
import { createDoorbell, WORKERS_MAX } from './host/doorbell.js';
import { newWorker, type WorkerLike } from './platform.js';
import type { FileChange, KernelCalls, KernelEvent, KernelMessage, KernelOptions, LinkKind, PageMessage, TaskInit } from './messages.js';

/** Workers kept ready for the next tasks. */
const WARM_WORKERS = 2;

interface Pending {
  resolve(value: unknown): void;
  reject(error: ContainerError): void;
}

export class KernelClient {
  readonly #worker: WorkerLike;
  readonly #doorbell: SharedArrayBuffer | undefined;
  /** Where task workers make their calls, by synchronous requests. */
  readonly #callAddress: string | undefined;
  readonly #pending = new Map<number, Pending>();
  /** By index; all that are ready or busy. */
  readonly #tasks = new Map<number, WorkerLike>();
  /** Who is to hear when the kernel ends: the exchanges under way. */
  readonly #links = new Set<() => void>();
  readonly #onEvent: (event: KernelEvent) => void;
  /** Who watches what, by the kernel's number. Events may come before the page has heard of the number. */
  readonly #watchers = new Map<number, (event: FileChange, name: string) => void>();
  readonly #early = new Map<number, [FileChange, string][]>();
  #nextId = 1;
  #closed: ContainerError | undefined;

  private constructor(onEvent: (event: KernelEvent) => void, isShared: boolean, callAddress: string | undefined) {
    this.#onEvent = onEvent;
    this.#doorbell = isShared ? createDoorbell() : undefined;
    this.#callAddress = callAddress;
    this.#worker = newWorker(new URL('./kernel-worker.js', import.meta.url), 'oac kernel');
    this.#worker.onmessage = ({ data }: MessageEvent<KernelMessage>): void => this.#receive(data);
    this.#worker.onerror = (event): void => this.#fail(workerError('kernel-worker.js', event));
  }

  /** `isShared`: whether memory can be; else `callAddress` is for synchronous requests, and without it programs are suspended. */
  static async start(
    options: Omit<KernelOptions, 'doorbell' | 'requests'>,
    onEvent: (event: KernelEvent) => void,
    isShared: boolean,
    callAddress?: string,
  ): Promise<KernelClient> {
    const client = new KernelClient(onEvent, isShared, callAddress);
    try {
      const booted = client.call('boot', { ...options, doorbell: client.#doorbell, requests: callAddress !== undefined });
      for (let count = 0; count < WARM_WORKERS; count++) client.#addTaskWorker();
      await booted;
      return client;
    } catch (error) {
      client.close(error as ContainerError);
      throw error;
    }
  }

  call<K extends keyof KernelCalls>(name: K, ...args: Parameters<KernelCalls[K]>): Promise<ReturnType<KernelCalls[K]>> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve: resolve as (value: unknown) => void, reject });
      try {
        this.#post({ type: 'call', id, name, args });
      } catch (error) {
        // A function, say, where there is to be data.
        this.#pending.delete(id);
        reject(new ContainerError({ code: 'ERR_INVALID_ARGUMENT', message: `${name}: ${error instanceof Error ? error.message : String(error)}` }, { cause: error }));
      }
    });
  }

  /** Hears of changes below a path until it is closed. */
  watch(path: string, recursive: boolean, told: (event: FileChange, name: string) => void, failed: (error: unknown) => void): () => void {
    let watch: number | undefined;
    let isClosed = false;
    const close = (): void => {
      isClosed = true;
      if (watch === undefined) return;
      this.#watchers.delete(watch);
      // A container that is no more watches nothing.
      this.call('unwatch', watch).catch(() => undefined);
      watch = undefined;
    };
    this.call('watch', path, recursive).then((number) => {
      watch = number;
      const early = this.#early.get(number) ?? [];
      this.#early.delete(number);
      if (isClosed) return close();
      this.#watchers.set(number, told);
      for (const [event, name] of early) told(event, name);
    }, failed);
    return close;
  }

  /** @internal */
  watched(watch: number, events: [FileChange, string][]): void {
    const told = this.#watchers.get(watch);
    if (told === undefined) this.#early.set(watch, [...(this.#early.get(watch) ?? []), ...events]);
    else for (const [event, name] of events) told(event, name);
  }

  /** Hands a port to the kernel, for one HTTP exchange; `onGone` is called if the kernel ends before `release` is. */
  connect(kind: LinkKind, port: MessagePort, onGone: () => void): { release(): void } {
    if (this.#closed !== undefined) {
      onGone();
      return { release: () => undefined };
    }
    this.#links.add(onGone);
    this.#post({ type: kind, port }, [port]);
    return { release: () => void this.#links.delete(onGone) };
  }

  /** A way to the kernel for an exchange of the page itself. */
  link(kind: LinkKind): Link {
    const { port1, port2 } = new MessageChannel();
    const gone = new AbortController();
    const { release } = this.connect(kind, port2, () => gone.abort());
    return { port: port1, gone: gone.signal, ended: release };
  }

  /** Ends everything at once; calls under way fail with `reason`. */
  close(reason: ContainerError): void {
    this.#closed ??= reason;
    this.#worker.terminate();
    for (const task of this.#tasks.values()) task.terminate();
    this.#tasks.clear();
    for (const { reject } of this.#pending.values()) reject(this.#closed);
    this.#pending.clear();
    for (const onGone of this.#links) onGone();
    this.#links.clear();
  }

  /** The kernel is no more. */
  #fail(error: ErrorRecord): void {
    if (this.#closed !== undefined) return;
    this.close(new ContainerError(error));
    this.#onEvent({ type: 'error', error });
  }

  #post(message: PageMessage, transfer: Transferable[] = []): void {
    this.#worker.postMessage(message, transfer);
  }

  #receive(message: KernelMessage): void {
    switch (message.type) {
      case 'reply':
        this.#pending.get(message.id)?.resolve(message.value);
        this.#pending.delete(message.id);
        return;
      case 'failure':
        this.#pending.get(message.id)?.reject(new ContainerError(message.error));
        this.#pending.delete(message.id);
        return;
      case 'taken':
        return this.#addTaskWorker();
      case 'retire':
        this.#tasks.get(message.index)?.terminate();
        this.#tasks.delete(message.index);
        // When all were in use, none was added as this one was taken.
        if (this.#tasks.size < WARM_WORKERS) this.#addTaskWorker();
        return;
      case 'fatal':
        return this.#fail(message.error);
      default:
        this.#onEvent(message);
    }
  }

  /** The page makes the workers, for one that a worker makes does not start while its maker blocks. */
  #addTaskWorker(): void {
    let index = 0;
    while (this.#tasks.has(index)) index++;
    if (index >= WORKERS_MAX || this.#closed !== undefined) return;
    const worker = newWorker(new URL('./task-worker.js', import.meta.url), `oac task ${index}`);
    this.#tasks.set(index, worker);
    worker.onerror = (event): void => {
      const error = workerError('task-worker.js', event);
      // Without its file no task will ever run; one that fails takes its task along.
      if (error.code === 'ERR_LOAD') this.#fail(error);
      else this.#post({ type: 'worker-failed', index, message: error.message });
    };
    const slot = this.#doorbell === undefined ? undefined : new SharedArrayBuffer(SLOT_TOTAL);
    const { port1, port2 } = new MessageChannel();
    const callAddress = this.#callAddress === undefined ? undefined : `${this.#callAddress}${index}`;
    const init: TaskInit = { index, slot, doorbell: this.#doorbell, port: port1, callAddress };
    worker.postMessage(init, [port1]);
    this.#post({ type: 'worker', index, slot, port: port2 }, [port2]);
  }
}

/** A worker whose script cannot be loaded says nothing of why. */
function workerError(script: string, { message }: ErrorEvent): ErrorRecord {
  return message === undefined || message === ''
    ? { code: 'ERR_LOAD', message: `${new URL(script, import.meta.url).href} cannot be loaded: serve this package's dist as it is, its headers included` }
    : { code: 'ERR_INTERNAL', message: `${script} failed: ${message}` };
}
