/**
 * Machine stacks for deep recursion (`stack_call`). A worker's own is small (500 kB in Chromium) and cannot be made larger; but each call of a
 * function that may be suspended has a stack of its own, whether or not it ever is.
 */
import { ERRNO } from '../generated/abi.js';
import { promising } from './suspending.js';

/** `stack_call`: not called, the stack at hand is as good. */
const ROOMY = 1;
/** Calls of a tiny function; some 10 MB in V8, which frames of real programs do not fill. */
const ROOMY_CALLS = 200_000;
const I32 = 0x7f;

/** Thrown through the frames below a stack whose function did not return; `reason` is settled with why. */
export class StackFailed extends Error {
  override readonly name = 'StackFailed';
  constructor(readonly reason: Promise<unknown>) {
    super('a function did not return');
  }
}

/** What a failure was about, at its origin. */
export async function originOf(error: unknown): Promise<unknown> {
  let origin = error;
  while (origin instanceof StackFailed) origin = await origin.reason;
  return origin;
}

export class Stacks {
  readonly #exports: () => WebAssembly.Exports;
  readonly #functions = new Map<number, (arg: number) => Promise<unknown>>();
  #hasReturned = false;
  #isRoomy: boolean | undefined;

  /** `exports`: the program's own. */
  constructor(exports: () => WebAssembly.Exports) {
    this.#exports = exports;
  }

  call(fn: number, arg: number): number {
    const run = this.#function(fn);
    if (typeof run === 'number') return run;
    this.#hasReturned = false;
    const running = run(arg);
    if (!this.#hasReturned) throw new StackFailed(running.then(() => new Error('a function returned too late'), (error: unknown) => error));
    this.#hasReturned = false;
    return 0;
  }

  /** The same for a program whose calls suspend it. */
  async callAsync(fn: number, arg: number): Promise<number> {
    const run = this.#function(fn);
    if (typeof run === 'number') return run;
    await run(arg);
    return 0;
  }

  /** A function of the program's table, for a stack of its own; or why there is none. */
  #function(fn: number): ((arg: number) => Promise<unknown>) | number {
    const known = this.#functions.get(fn);
    if (known !== undefined) return known;
    if (promising === undefined) return (this.#isRoomy ??= isRoomy()) ? ROOMY : -ERRNO.ENOSYS;
    const { __indirect_function_table: table } = this.#exports();
    if (!(table instanceof WebAssembly.Table) || fn >= table.length) return -ERRNO.EFAULT;
    const target = table.get(fn) as WebAssembly.ExportValue | null;
    if (target === null) return -ERRNO.EFAULT;
    const done = (): void => void (this.#hasReturned = true);
    const { run } = new WebAssembly.Instance(CALLER, { '': { target, done } }).exports;
    const made = promising(run!) as (arg: number) => Promise<unknown>;
    this.#functions.set(fn, made);
    return made;
  }
}

const section = (id: number, ...content: number[]): number[] => [id, content.length, ...content];
const name = (text: string): number[] => [text.length, ...new TextEncoder().encode(text)];
const module = (...sections: number[][]): WebAssembly.Module => new WebAssembly.Module(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...sections.flat()]));

/** `(import "" "target" (func (param i32))) (import "" "done" (func)) (func (export "run") (param i32) local.get 0 call 0 call 1)`: tells at once that it has returned. */
const CALLER = module(
  section(1, 2, 0x60, 1, I32, 0, 0x60, 0, 0),
  section(2, 2, ...name(''), ...name('target'), 0, 0, ...name(''), ...name('done'), 0, 1),
  section(3, 1, 0),
  section(7, 1, ...name('run'), 0, 2),
  section(10, 1, 8, 0, 0x20, 0, 0x10, 0, 0x10, 1, 0x0b),
);

/** Whether the worker's stack is a large one, as a server-side runtime can give it. */
function isRoomy(): boolean {
  // (func $f (export "f") (param i32) local.get 0 if local.get 0 i32.const 1 i32.sub call $f end)
  const { f } = new WebAssembly.Instance(
    module(
      section(1, 1, 0x60, 1, I32, 0),
      section(3, 1, 0),
      section(7, 1, ...name('f'), 0, 0),
      section(10, 1, 14, 0, 0x20, 0, 0x04, 0x40, 0x20, 0, 0x41, 1, 0x6b, 0x10, 0, 0x0b, 0x0b),
    ),
  ).exports as { f(calls: number): void };
  try {
    f(ROOMY_CALLS);
    return true;
  } catch {
    return false;
  }
}
