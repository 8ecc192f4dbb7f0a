/**
 * Guest modules: wasm that runs beside a program, in its memory, as one task with it (`guest_load`, `guest_call`). A guest can do no
 * more than its program can: it gets the program's memory and table, and nothing else.
 */
import { ERRNO } from '../generated/abi.js';
import { OutOfMemory, TaskEnded } from './slot.js';
import { StackFailed } from './stacks.js';
import { promising } from './suspending.js';

/** As `oac_abi::guest`. */
const GUESTS_MAX = 1024;
const UNREACHABLE = 1;
const STACK = 9;
const OTHER = 10;

/** Engines have no codes for traps; these words are in the messages of V8, SpiderMonkey and JavaScriptCore. */
const TRAPS: readonly [RegExp, number][] = [
  [/unreachable/i, UNREACHABLE],
  [/memory|index out of bounds|unaligned/i, 2],
  [/table/i, 3],
  [/null/i, 4],
  [/signature|indirect call/i, 5],
  [/divi(de|sion) by zero/i, 6],
  [/unrepresentable in integer|invalid conversion|truncat/i, 8],
  [/overflow|unrepresentable/i, 7],
];

type Entry = (frame: number, fn: number) => void;

export class Guests {
  readonly #exports: () => WebAssembly.Exports;
  readonly #guests: WebAssembly.Exports[] = [];

  /** `exports`: the program's own. */
  constructor(exports: () => WebAssembly.Exports) {
    this.#exports = exports;
  }

  load(address: number, length: number): number {
    if (this.#guests.length >= GUESTS_MAX) return -ERRNO.EMFILE;
    const { memory, __indirect_function_table: table } = this.#exports();
    if (!(memory instanceof WebAssembly.Memory) || !(table instanceof WebAssembly.Table)) return -ERRNO.ENOEXEC;
    if (address + length > memory.buffer.byteLength) return -ERRNO.EFAULT;
    try {
      const module = new WebAssembly.Module(new Uint8Array(memory.buffer as ArrayBuffer, address, length));
      this.#guests.push(new WebAssembly.Instance(module, { oac: { memory, table } }).exports);
      return this.#guests.length - 1;
    } catch {
      return -ERRNO.ENOEXEC;
    }
  }

  /** 0, or how the guest trapped. */
  call(guest: number, entry: number, frame: number, fn: number): number {
    const exports = this.#guests[guest];
    if (exports === undefined) return -ERRNO.EBADF;
    const run = exports[String(entry)] as Entry | undefined;
    if (run === undefined) return -ERRNO.ENOENT;
    try {
      run(frame, fn);
      return 0;
    } catch (error) {
      return failed(error);
    }
  }

  /** The same for a program whose calls suspend it, and the guest with it. */
  async callAsync(guest: number, entry: number, frame: number, fn: number): Promise<number> {
    const exports = this.#guests[guest];
    if (exports === undefined) return -ERRNO.EBADF;
    const run = exports[String(entry)];
    if (run === undefined) return -ERRNO.ENOENT;
    try {
      await promising!(run)(frame, fn);
      return 0;
    } catch (error) {
      return failed(error);
    }
  }
}

function failed(error: unknown): number {
  if (error instanceof TaskEnded || error instanceof OutOfMemory || error instanceof StackFailed) throw error;
  return trapOf(error);
}

function trapOf(error: unknown): number {
  // A stack that overflows: V8 throws RangeError, SpiderMonkey InternalError.
  if (error instanceof RangeError || (error as Error | null)?.name === 'InternalError') return STACK;
  if (!(error instanceof WebAssembly.RuntimeError)) return OTHER;
  return TRAPS.find(([words]) => words.test(error.message))?.[1] ?? OTHER;
}
