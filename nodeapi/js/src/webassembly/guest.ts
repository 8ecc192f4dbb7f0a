// Guests: instances of modules, run by the host's engine in this program's memory.

import { RuntimeError } from './errors';
import { inward, read, shared, write } from './frames';
import type { Global } from './global';
import { Memory } from './memory';
import type { Shape, Signature } from './shape';
import type { Table } from './table';

const { ops } = host;
/** Entries and imports with a meaning of their own: as `oac_graft`. */
export const ENTRY_LINK = 0;
export const ENTRY_START = 1;
export const MEMORY_GROW = -1;
export const TABLE_GET = -2;
export const TABLE_SET = -3;
export const TABLE_SIZE = -4;
export const TABLE_GROW = -5;
export const TABLE_FILL = -6;
export const TRAP_STACK = 9;
export const NOTED_STACK = 2;
export const NOTED_CALLED = 3;

/** What JavaScript threw in a function that a guest had called. */
export let pending: { error: unknown } | undefined;

export class Guest {
  readonly number: number;
  readonly shape: Shape;
  readonly imports: Function[] = [];
  readonly outward: ((frame: number) => void)[] = [];
  readonly memories: Memory[] = [];
  readonly tables: Table[] = [];
  readonly globals: Global[] = [];
  /** Set when the host has made the instance. */
  #guest = -1;
  readonly #functions = new Map<number, Function>();
  readonly #signatures = new Map<number, Signature>();

  constructor(shape: Shape) {
    this.shape = shape;
    this.number = guests.push(this) - 1;
  }

  load(module: number): void {
    this.#guest = ops.wasm_load(module);
    if (this.#guest < 0) throw new RangeError('WebAssembly.Instance(): Out of memory: Cannot allocate Wasm memory for new instance');
  }

  signature(fn: number): Signature {
    let known = this.#signatures.get(fn);
    if (known === undefined) {
      const [params, results, entry] = this.shape.functions[fn]!.split(' ');
      known = { params: params!, results: results!, entry: Number(entry) };
      this.#signatures.set(fn, known);
    }
    return known;
  }

  /** Runs an entry with a frame that is given back then. */
  enter(entry: number, frame: number): void {
    const trap = ops.wasm_enter(this.#guest, entry, frame, 0);
    shared!.words[0] = frame;
    if (trap !== 0) failed(trap);
  }

  call(fn: number, args: unknown[]): any {
    return this.exported(fn)(...args);
  }

  /** The JavaScript function for one of the guest's. */
  exported(fn: number): Function {
    let known = this.#functions.get(fn);
    if (known !== undefined) return known;
    const imported = this.imports[fn];
    if (imported !== undefined && origins.has(imported)) return imported;
    const signature = this.signature(fn);
    known = signature.entry < 0 ? uncallable() : inward(this.#guest, fn, signature);
    Object.defineProperty(known, 'name', { value: String(fn), configurable: true });
    Object.defineProperty(known, 'length', { value: signature.params.length, configurable: true });
    this.#functions.set(fn, known);
    origins.set(known, { guest: this, fn });
    return known;
  }
}

/** Values of some types cannot cross. */
export const uncallable = () => (): never => {
  throw new TypeError('type incompatibility when transforming from/to JS');
};

/** Throws what went wrong in a guest as JavaScript knows it. */
export function failed(trap: number): never {
  const { words } = shared!;
  const noted = words[2]!;
  words[2] = 0;
  if (noted === NOTED_CALLED && pending !== undefined) {
    const { error } = pending;
    pending = undefined;
    throw error;
  }
  const message = ops.wasm_trap_message(trap, noted);
  throw trap === TRAP_STACK || noted === NOTED_STACK ? new RangeError(message) : new RuntimeError(message);
}

export const guests: Guest[] = [];
/** Where exported functions come from. */
export const origins = new WeakMap<Function, { guest: Guest; fn: number }>();

/** What the trampoline calls; gives 0, or 1 when something was thrown. */
host.engine.setEntry('wasmImport', (instance: number, number: number, frame: number): number => {
  const guest = guests[instance]!;
  try {
    if (number < 0) request(guest, number, frame);
    else guest.outward[number]!(frame);
    return 0;
  } catch (error) {
    pending = { error };
    return 1;
  }
});

/** What a guest asks about its memories, and its tables of references. */
export function request(guest: Guest, number: number, frame: number): void {
  const word = (slot: number): number => (read(frame, slot, 'i') as number) >>> 0;
  const answer = (value: number): void => write(frame, 0, 'i', value);
  switch (number) {
    case MEMORY_GROW: return answer(Memory.grown(guest.memories[word(1)]!, word(0)));
    case TABLE_GET: return write(frame, 0, 'x', guest.tables[word(1)]!.elements(word(0), 1)[word(0)]);
    case TABLE_SET: {
      guest.tables[word(2)]!.elements(word(0), 1)[word(0)] = read(frame, 1, 'x');
      return undefined;
    }
    case TABLE_SIZE: return answer(guest.tables[word(0)]!.length);
    case TABLE_GROW: return answer(guest.tables[word(2)]!.grown(word(1), read(frame, 0, 'x')));
    case TABLE_FILL: {
      const [start, count] = [word(0), word(2)];
      guest.tables[word(3)]!.elements(start, count).fill(read(frame, 1, 'x'), start, start + count);
      return undefined;
    }
    default: {
      const [to, from, count] = [word(0), word(1), word(2)];
      const taken = guest.tables[word(4)]!.elements(from, count).slice(from, from + count);
      const target = guest.tables[word(3)]!.elements(to, count);
      taken.forEach((value, i) => { target[to + i] = value; });
      return undefined;
    }
  }
}
