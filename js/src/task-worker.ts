/**
 * One task: a worker that waits for a program, runs it and is thrown away. It runs nothing but the program's wasm, whose only
 * way out is the slot.
 */
import type { TaskFailure, TaskInit, TaskStart } from './messages.js';
import { CALLS } from './generated/abi.js';
import { Clocks } from './task/clock.js';
import { buildImports } from './task/imports.js';
import { OutOfMemory, Slot, TaskEnded } from './task/slot.js';

declare const self: DedicatedWorkerGlobalScope;

const PROC_EXIT = CALLS.find((call) => call.module === 'wasi_snapshot_preview1' && call.name === 'proc_exit')!.number;

self.onmessage = ({ data }: MessageEvent<TaskInit>): void => {
  const slot = new Slot(data.slot, data.doorbell, data.index);
  data.port.onmessage = ({ data: start }: MessageEvent<TaskStart>): void => {
    const failure = run(slot, start);
    if (failure !== undefined) data.port.postMessage(failure);
  };
};

function run(slot: Slot, { module, clockOriginMs, memoryBytesMax }: TaskStart): TaskFailure | undefined {
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
  try {
    start();
    slot.args[0] = 0n;
    slot.call(PROC_EXIT, 0);
  } catch (error) {
    if (error instanceof TaskEnded) return undefined;
    if (error instanceof OutOfMemory) return { failure: 'memory', message: error.message };
    const message = describe(error);
    // The engines have no code for it; all of them use the word.
    return { failure: /unreachable/i.test(message) ? 'unreachable' : 'trap', message };
  }
  return undefined;
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
