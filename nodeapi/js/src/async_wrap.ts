// node::AsyncWrap and node::InternalCallbackScope: async ids, and how native code calls into JavaScript: with the ids and the
// async context of the resource, then next ticks and microtasks once the outermost call is over.

import { constant } from './oracle';
import { triggerUncaughtException } from './fatal';

export const Providers: Record<string, number> = constant('async_wrap', 'Providers');
const names: string[] = [];
for (const [name, value] of Object.entries(Providers)) names[value] = name;

const enum Field { Init, Before, After, Destroy, PromiseResolve, Totals, Check, StackLength, UsesExecutionAsyncResource }
const enum Id { Execution, Trigger, Counter, DefaultTrigger }

/** What the binding `async_wrap` shows to Node's library. */
export const state = {
  async_hook_fields: new Uint32Array(9),
  async_id_fields: new Float64Array(4),
  async_ids_stack: new Float64Array(32),
  execution_async_resources: [] as unknown[],
  /** Resources pushed by native code, by stack position. */
  nativeResources: [] as unknown[],
  hooks: undefined as undefined | Record<'init' | 'before' | 'after' | 'destroy' | 'promise_resolve', (...args: any[]) => void>,
  trampoline: undefined as undefined | ((...args: any[]) => any),
};
state.async_hook_fields[Field.Check] = 1;
state.async_id_fields[Id.Counter] = 1;
state.async_id_fields[Id.DefaultTrigger] = -1;

/** Tick queue: `[has tick scheduled, has rejection to warn]`, and what runs it. */
export const tick = { info: new Uint8Array(2), callback: undefined as undefined | (() => void) };

let depth = 0;

export function newAsyncId(): number {
  return ++state.async_id_fields[Id.Counter]!;
}

export function currentTriggerId(): number {
  const given = state.async_id_fields[Id.DefaultTrigger]!;
  return given >= 0 ? given : state.async_id_fields[Id.Execution]!;
}

export function pushAsyncContext(asyncId: number, triggerId: number, resource: unknown): void {
  const offset = state.async_hook_fields[Field.StackLength]!;
  if (offset * 2 >= state.async_ids_stack.length) {
    const grown = new Float64Array(state.async_ids_stack.length * 3);
    grown.set(state.async_ids_stack);
    state.async_ids_stack = grown;
    onStackGrown();
  }
  state.async_ids_stack[2 * offset] = state.async_id_fields[Id.Execution]!;
  state.async_ids_stack[2 * offset + 1] = state.async_id_fields[Id.Trigger]!;
  state.async_hook_fields[Field.StackLength] = offset + 1;
  state.async_id_fields[Id.Execution] = asyncId;
  state.async_id_fields[Id.Trigger] = triggerId;
  state.nativeResources[offset] = resource;
}

/** Whether anything is left on the stack. */
export function popAsyncContext(asyncId: number): boolean {
  const length = state.async_hook_fields[Field.StackLength]!;
  if (length === 0) return false;
  if (state.async_hook_fields[Field.Check]! > 0 && state.async_id_fields[Id.Execution] !== asyncId) {
    host.ops.program_debug(`Error: async hook stack has become corrupted (actual: ${
      state.async_id_fields[Id.Execution]}, expected: ${asyncId})`);
    host.ops.program_exit(1);
  }
  const offset = length - 1;
  state.async_id_fields[Id.Execution] = state.async_ids_stack[2 * offset]!;
  state.async_id_fields[Id.Trigger] = state.async_ids_stack[2 * offset + 1]!;
  state.async_hook_fields[Field.StackLength] = offset;
  state.nativeResources.length = Math.min(state.nativeResources.length, offset);
  return offset > 0;
}

export function clearAsyncIdStack(): void {
  state.async_id_fields[Id.Execution] = 0;
  state.async_id_fields[Id.Trigger] = 0;
  state.async_hook_fields[Field.StackLength] = 0;
  state.nativeResources.length = 0;
  state.execution_async_resources.length = 0;
}

let onStackGrown = (): void => {};
export function setStackGrown(fn: () => void): void {
  onStackGrown = fn;
}

/** Ids whose `destroy` hooks are to run in the loop's check phase, as an immediate of Node's own that keeps nothing alive. */
let ended: number[] = [];

/** The resource of this id is no more. */
export function queueDestroy(asyncId: number): void {
  if (state.async_hook_fields[Field.Destroy]! > 0) ended.push(asyncId);
}

/** Runs the `destroy` hooks that wait, and what those make. */
export function runDestroyHooks(): void {
  while (ended.length > 0) {
    const ids = ended;
    ended = [];
    for (const id of ids) state.hooks!.destroy(id);
  }
}

/** The main script's: it has no hooks, as nothing began it. */
const MAIN = 1;

/** Runs `body` as native code that calls into JavaScript. Gives `undefined` if it threw (the exception has been dealt with). */
export function callbackScope<T>(
  resource: unknown, asyncId: number, triggerId: number, context: unknown, body: () => T, skipTicks = false,
): T | undefined {
  const outer = host.engine.getAsyncContext();
  depth += 1;
  pushAsyncContext(asyncId, triggerId, resource);
  host.engine.setAsyncContext(context);
  let result: T | undefined;
  let failed = false;
  try {
    if (asyncId > MAIN && state.async_hook_fields[Field.Before]! > 0) state.hooks!.before(asyncId);
    result = body();
    if (asyncId > MAIN && state.async_hook_fields[Field.After]! > 0) state.hooks!.after(asyncId);
  } catch (error) {
    failed = true;
    triggerUncaughtException(error, false);
  } finally {
    depth -= 1;
    if (failed) clearAsyncIdStack();
    else popAsyncContext(asyncId);
    host.engine.setAsyncContext(outer);
  }
  if (depth === 0 && !skipTicks) runTicks();
  return failed ? undefined : result;
}

/** What follows the outermost callback: microtasks, then next ticks if there are any. */
export function runTicks(): void {
  if (tick.info[0] === 0) host.engine.runMicrotasks();
  if (tick.info[0] === 0 && tick.info[1] === 0) return;
  depth += 1;
  try {
    tick.callback?.call(host.global.process);
  } catch (error) {
    triggerUncaughtException(error, false);
  } finally {
    depth -= 1;
  }
  // An exception above leaves the queue as it is; Node goes on with it in the next callback.
  if (tick.info[0] !== 0 || tick.info[1] !== 0) {
    if (depth === 0) afterFailure();
  }
}

/** Runs what an exception in a tick left behind, without growing the stack for ever. */
function afterFailure(): void {
  for (let i = 0; i < 1000 && (tick.info[0] !== 0 || tick.info[1] !== 0); i += 1) {
    depth += 1;
    try {
      tick.callback?.call(host.global.process);
    } catch (error) {
      triggerUncaughtException(error, false);
    } finally {
      depth -= 1;
    }
  }
}

const CLASS_NAMES: Record<string, string> = {
  FILEHANDLE: 'FileHandle', FSEVENTWRAP: 'FSEventWrap', FSREQCALLBACK: 'FSReqCallback', FSREQPROMISE: 'FSReqPromise',
  GETADDRINFOREQWRAP: 'GetAddrInfoReqWrap', GETNAMEINFOREQWRAP: 'GetNameInfoReqWrap', PIPECONNECTWRAP: 'ConnectWrap',
  PIPESERVERWRAP: 'PipeServerWrap', PIPEWRAP: 'PipeWrap', PROCESSWRAP: 'ProcessWrap', SHUTDOWNWRAP: 'ShutdownWrap',
  SIGNALWRAP: 'SignalWrap', STATWATCHER: 'StatWatcher', TCPCONNECTWRAP: 'ConnectWrap', TCPSERVERWRAP: 'TCPServerWrap',
  TCPWRAP: 'TCPSocketWrap', TTYWRAP: 'TTYWrap', UDPWRAP: 'UDPWrap', WRITEWRAP: 'WriteWrap',
};

/** Base of every class whose objects start asynchronous work. */
export class AsyncWrap {
  #asyncId = 0;
  #triggerId = 0;
  #provider: number;
  #context: unknown;
  #ended = true;

  constructor(provider: string) {
    this.#provider = Providers[provider] ?? 0;
    this.asyncReset();
  }

  getAsyncId(): number {
    return this.#asyncId;
  }

  getTriggerAsyncId(): number {
    return this.#triggerId;
  }

  getProviderType(): number {
    return this.#provider;
  }

  /** The name of its class in Node's C++, by which `process.getActiveResourcesInfo` lists it. */
  static resourceName(wrap: AsyncWrap): string {
    const provider = names[wrap.#provider] ?? '';
    return CLASS_NAMES[provider] ?? provider;
  }

  getAsyncContextFrameForDebuggingOnly(): unknown {
    return this.#context;
  }

  /** New ids, as for a pooled object that starts a new life. */
  asyncReset(resource: unknown = this): void {
    AsyncWrap.end(this);
    this.#ended = false;
    this.#asyncId = newAsyncId();
    this.#triggerId = currentTriggerId();
    this.#context = host.engine.getAsyncContext();
    if (state.async_hook_fields[Field.Init]! > 0) {
      state.hooks!.init(this.#asyncId, names[this.#provider], this.#triggerId, resource);
    }
  }

  /** `node::AsyncWrap::MakeCallback`: calls `this[name](...args)`, then ticks. */
  static makeCallback(wrap: AsyncWrap, name: PropertyKey, ...args: unknown[]): any {
    const fn = (wrap as any)[name];
    if (typeof fn !== 'function') return undefined;
    const result = AsyncWrap.callIn(wrap, () => Reflect.apply(fn, wrap, args));
    if (name === 'oncomplete' || name === 'ondone') AsyncWrap.end(wrap);
    return result;
  }

  /** The resource is done: its `destroy` hooks run soon, once. A request ends by itself with its completion. */
  static end(wrap: AsyncWrap): void {
    if (wrap.#ended) return;
    wrap.#ended = true;
    queueDestroy(wrap.#asyncId);
  }

  /** Runs `body` in the async context of `wrap`, then ticks unless they are to be skipped. */
  static callIn<T>(wrap: AsyncWrap, body: () => T, skipTicks = false): T | undefined {
    return callbackScope(wrap, wrap.#asyncId, wrap.#triggerId, wrap.#context, body, skipTicks);
  }
}
// Node's library looks for these on instances and prototypes; the helpers above are not part of the shape.
for (const name of ['getTriggerAsyncId']) {
  Object.defineProperty(AsyncWrap.prototype, name, { enumerable: false });
}

export const makeCallback = AsyncWrap.makeCallback;
export const callIn = AsyncWrap.callIn;
