// What an engine gives the glue: a variable `host` in every module. The Rust side of this list is `runtime/engine` (engine) and
// `nodeapi/program/src/ops` (ops). A JavaScript engine that is not ours (a browser's own) offers the same.

declare const host: Host;

interface Host {
  /** Native operations; each binding file declares the ones it uses by adding to the interface `Ops`. */
  readonly ops: Ops;
  /** What plain JavaScript cannot do. */
  readonly engine: Engine;
  /** The global object. */
  readonly global: any;
  /** Loads another module of the glue by its path below `src`. */
  loadGlue(id: string): any;
  /** Whether there is such a module. */
  hasGlue(id: string): boolean;
}

type Bytes = ArrayBufferView | ArrayBuffer;

/** A result of a system call or op: zero or more is the result, below zero is `-errno`. */
type Result = number;

interface Ops {
  program_source(id: string): string | undefined;
  program_node_ids(): string[];
  program_args(): string[];
  program_env(): string[];
  program_exit(status: number): never;
  program_debug(text: string): void;
}

type ModuleId = number;

type PromiseHook = (promise: any, parent: any) => void;

interface Engine {
  /** A function with this body; line 1 of `source` is line `lineOffset + 1` of the file. */
  compileFunction(source: string, fileName: string, params: string[], lineOffset: number, realm?: number): (...args: any[]) => any;
  compileScript(source: string, fileName: string, lineOffset: number): number;
  runScript(script: number): any;
  /** `[number, global object]` of a new realm. */
  createRealm(): [number, any];
  /** Names are looked up in `object` first, and declared there; gives the realm's new global object. Boa has none. */
  viewGlobal?(realm: number, object: object): any;
  /** What `work()` gives; ended once `question()`, asked now and then, gives true. Boa has none. */
  runWatched?<T>(question: () => boolean, work: () => T): T;
  runInRealm(realm: number, source: string, fileName: string, lineOffset: number): any;
  /** What the program's event loop calls by this name. */
  setEntry(name: string, fn: (...args: any[]) => any): void;
  /** `fn(error, callSites)` runs when an error captures its stack. */
  setStackFormatter(fn: (error: any, callSites: any[]) => any): void;

  /** `[0 pending | 1 fulfilled | 2 rejected, result]`. */
  promiseDetails(value: any): [number, any] | undefined;
  markPromiseHandled(promise: any): void;
  /** `fn(0 rejected without a handler | 1 handler added later, promise, reason)`. */
  setRejectionCallback(fn: (event: number, promise: any, reason: any) => void): void;
  /** Each `fn(promise, parent)`, told of a promise's life; they must not throw. Boa has none: promises live unseen there. */
  setPromiseHooks?(init?: PromiseHook, before?: PromiseHook, after?: PromiseHook, settled?: PromiseHook): void;
  runMicrotasks(): void;
  /** `fn` must not throw. */
  enqueueMicrotask(fn: () => void): void;
  /** The value that promise reactions made now will run with. */
  getAsyncContext(): any;
  setAsyncContext(value: any): void;

  /** Equal for two objects exactly if they are of one internal class; 0 for primitives. */
  classId(value: any): number;
  proxyDetails(value: any): [any, any] | undefined;
  previewIterator(iterator: any): [any[], boolean] | undefined;
  ownNonIndexProperties(object: any, onlyEnumerable: boolean): PropertyKey[];
  isConstructor(value: any): boolean;
  /** Where the statement stands that threw the value, if none threw another since. Boa does not know. */
  throwSite?(value: unknown): [file: string, line: number, column: number] | undefined;
  /** A property key that no reflection shows. */
  privateSymbol(description: string): symbol;

  detachArrayBuffer(buffer: ArrayBuffer): void;
  arrayBufferOfBytes(view: Bytes): ArrayBuffer;
  /** `[allocated, used, array buffers]` in bytes. */
  memoryUsage(): [number, number, number];
  collectGarbage(): void;
  /**
   * Dates ask `fn(ms)` for the minutes that local time is behind UTC; an engine whose dates cannot call scripts asks the op
   * `op(zone, ms)` for the seconds that it is ahead.
   */
  setTimezone(fn: ((ms: number) => number) | undefined, op: string, zone: string): void;

  moduleCompile(source: string, url: string, realm?: number): ModuleId;
  moduleSynthetic(url: string, exportNames: string[], evaluate: () => void): ModuleId;
  moduleRequests(module: ModuleId): Array<[string, Record<string, string> | undefined]>;
  moduleLink(module: ModuleId, modules: ModuleId[]): void;
  moduleInstantiate(module: ModuleId): void;
  moduleEvaluate(module: ModuleId): Promise<void>;
  moduleNamespace(module: ModuleId): any;
  /** 0 unlinked, 1 linking, 2 linked, 3 evaluating, 4 evaluating asynchronously, 5 evaluated. */
  moduleStatus(module: ModuleId): number;
  moduleError(module: ModuleId): [any] | undefined;
  moduleIsAsync(module: ModuleId): boolean;
  moduleImportMeta(module: ModuleId): any;
  moduleSetExport(module: ModuleId, name: string, value: any): void;
  setImportCallback(fn: (referrer: string | null, specifier: string, attributes: any) => any): void;
}

interface ErrorConstructor {
  stackTraceLimit: number;
  captureStackTrace(target: object, above?: unknown): void;
}
