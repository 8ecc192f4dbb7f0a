/**
 * One task: a worker that waits for a program, runs it and is thrown away. It runs nothing but the program's wasm, whose only
 * way out is the slot.
 */
import type { TaskFailure, TaskInit, TaskReady, TaskReply, TaskStart } from './messages.js';
import { CALLS } from './generated/abi.js';
import { Clocks } from './task/clock.js';
import { buildImports } from './task/imports.js';
import { OutOfMemory, RequestSlot, SharedSlot, SuspendingSlot, TaskEnded, type BlockingSlot } from './task/slot.js';
import { originOf } from './task/stacks.js';
import { promising } from './task/suspending.js';

declare const self: DedicatedWorkerGlobalScope;

const PROC_EXIT = CALLS.find((call) => call.module === 'wasi_snapshot_preview1' && call.name === 'proc_exit')!.number;

/** The first message, and with it how calls wait. */
self.onmessage = ({ data: { slot, doorbell, index, port, callAddress } }: MessageEvent<TaskInit>): void => {
  if (slot === undefined && callAddress === undefined) serveSuspending(new SuspendingSlot(port), port);
  else serve(slot === undefined || doorbell === undefined ? new RequestSlot(callAddress!) : new SharedSlot(slot, doorbell, index), port);
  port.postMessage({ ready: true } satisfies TaskReady);
};

function serve(slot: BlockingSlot, port: MessagePort): void {
  port.onmessage = ({ data: start }: MessageEvent<TaskStart>): void => {
    void run(slot, start).then((failure) => {
      if (failure !== undefined) port.postMessage(failure);
    });
  };
}

function serveSuspending(slot: SuspendingSlot, port: MessagePort): void {
  port.onmessage = ({ data }: MessageEvent<TaskStart | TaskReply>): void => {
    if ('reply' in data) return slot.answer(data.reply);
    void runSuspending(slot, data).then((failure) => {
      if (failure !== undefined) port.postMessage(failure);
    });
  };
}

function instantiate(slot: BlockingSlot | SuspendingSlot, { module, clockOriginMs, memoryBytesMax }: TaskStart): WebAssembly.ExportValue | TaskFailure {
  let instance: WebAssembly.Instance | undefined;
  try {
    instance = new WebAssembly.Instance(module, buildImports(slot, () => instance!.exports, new Clocks(clockOriginMs, slot)));
  } catch (error) {
    const failure = error instanceof RangeError ? 'memory' : 'load';
    return { failure, message: describe(error) };
  }
  const { _start: start, memory } = instance.exports;
  if (typeof start !== 'function' || !(memory instanceof WebAssembly.Memory)) {
    return { failure: 'load', message: 'the module exports no _start and memory: it is no WASI command' };
  }
  slot.limitMemory(memory, memoryBytesMax);
  return start;
}

async function run(slot: BlockingSlot, task: TaskStart): Promise<TaskFailure | undefined> {
  const start = instantiate(slot, task);
  if (typeof start !== 'function') return start as TaskFailure;
  try {
    start();
    slot.args[0] = 0n;
    slot.call(PROC_EXIT, 0);
  } catch (error) {
    return failed(await originOf(error));
  }
  return undefined;
}

async function runSuspending(slot: SuspendingSlot, task: TaskStart): Promise<TaskFailure | undefined> {
  const start = instantiate(slot, task);
  if (typeof start !== 'function') return start as TaskFailure;
  try {
    await promising!(start)();
    slot.args[0] = 0n;
    await slot.callAsync(PROC_EXIT, 0);
  } catch (error) {
    return failed(error);
  }
  return undefined;
}

function failed(error: unknown): TaskFailure | undefined {
  if (error instanceof TaskEnded) return undefined;
  if (error instanceof OutOfMemory) return { failure: 'memory', message: error.message };
  const message = describe(error);
  // The engines have no code for it; all of them use the word.
  return { failure: /unreachable/i.test(message) ? 'unreachable' : 'trap', message };
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
