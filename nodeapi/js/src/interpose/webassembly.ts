// `WebAssembly` for an engine that has none. As the WebAssembly JavaScript Interface, with V8's messages where programs look at them.
//
// A module is rewritten (runtime/graft) and run by the host's own engine as a guest in this program's memory. So a call into it is a
// plain call, and its memory is shown as an ArrayBuffer over our own; a buffer is detached when its memory grows. Arguments and
// results pass through frames of 8-byte slots on a stack that guests and this file share.

declare global {
  interface Ops {
    wasm_validate(bytes: Bytes): boolean;
    wasm_module(bytes: Bytes): { id: number; shape: Shape };
    wasm_custom_sections(module: number, name: string): Uint8Array[];
    wasm_load(module: number): number;
    wasm_enter(guest: number, entry: number, frame: number, fn: number): number;
    wasm_stack(): [address: number, bytes: number, firstFrame: number, trampoline: number];
    wasm_trap_message(trap: number, noted: number): string;
    wasm_memory_new(initial: number, maximum?: number): number;
    wasm_memory_grow(cell: number, pages: number): number;
  }
  interface Engine {
    externalArrayBuffer(address: number, length: number): ArrayBuffer;
  }
}

type Kind = 'function' | 'memory' | 'table' | 'global' | 'tag';

/** As `oac_graft::Shape`. */
interface Shape {
  imports: { module: string; name: string; kind: Kind; number: number }[];
  exports: { name: string; kind: Kind; number: number }[];
  /** `params results entry` each. */
  functions: string[];
  memories: { initial: number; maximum: number | null }[];
  tables: { external: boolean; initial: number; maximum: number | null; changed: boolean; accessors: number[] }[];
  globals: { letter: string; mutable: boolean; getter: number; setter: number | null }[];
  importedGlobals: number;
  segments: { table: number; functions: (number | null)[] }[];
}

const { ops } = host;
const Uint8 = Uint8Array;
/** Given to a constructor that makes the JavaScript side of something that exists. */
const existing = Symbol('existing');
const letters: Record<string, string> = { i32: 'i', i64: 'I', f32: 'f', f64: 'F', externref: 'x', anyfunc: 'r', funcref: 'r' };
const PAGES_MAX = 65536;
const TABLE_MAX = 10_000_000;

/** Entries and imports with a meaning of their own: as `oac_graft`. */
const ENTRY_LINK = 0;
const ENTRY_START = 1;
const MEMORY_GROW = -1;
const TABLE_GET = -2;
const TABLE_SET = -3;
const TABLE_SIZE = -4;
const TABLE_GROW = -5;
const TABLE_FILL = -6;
const TRAP_STACK = 9;
const NOTED_STACK = 2;
const NOTED_CALLED = 3;

/** Like the language's own errors it needs no `new`. */
function errorClass(name: string): ErrorConstructor {
  const Made = { [name]: function(...args: unknown[]): unknown {
    return Reflect.construct(Error, args, new.target ?? Made);
  } }[name] as any;
  Object.setPrototypeOf(Made, Error);
  Made.prototype = Object.create(Error.prototype);
  for (const [key, value] of [['constructor', Made], ['name', name], ['message', '']]) {
    Object.defineProperty(Made.prototype, key, { value, writable: true, configurable: true });
  }
  Object.defineProperty(Made, 'prototype', { writable: false });
  return Made;
}
const [CompileError, LinkError, RuntimeError] = ['CompileError', 'LinkError', 'RuntimeError'].map(errorClass) as
  [ErrorConstructor, ErrorConstructor, ErrorConstructor];

function bytesOf(source: unknown, who: string): Uint8Array {
  if (ArrayBuffer.isView(source)) return new Uint8(source.buffer, source.byteOffset, source.byteLength);
  if (source instanceof ArrayBuffer || source instanceof SharedArrayBuffer) return new Uint8(source);
  throw new TypeError(`${who}: Argument 0 must be a buffer source`);
}

// --- frames --------------------------------------------------------------------------------------------------------------------

interface Stack {
  address: number;
  trampoline: number;
  words: Int32Array;
  longs: BigInt64Array;
  floats: Float32Array;
  doubles: Float64Array;
}

let shared: Stack | undefined;

/** The stack, made when the first guest is. Its first words: top, limit, and what a guest has noted when it trapped. */
function stack(): Stack {
  if (shared === undefined) {
    const [address, bytes, , trampoline] = ops.wasm_stack();
    const buffer = host.engine.externalArrayBuffer(address, bytes);
    const [words, longs] = [new Int32Array(buffer), new BigInt64Array(buffer)];
    shared = { address, trampoline, words, longs, floats: new Float32Array(buffer), doubles: new Float64Array(buffer) };
  }
  return shared;
}

/** Takes a frame; gives its address. */
function push(slots: number): number {
  const { words } = stack();
  const frame = words[0]!;
  if (frame + 8 * slots > words[1]!) throw new RangeError('Maximum call stack size exceeded');
  words[0] = frame + 8 * slots;
  return frame;
}

/** How a slot of a type is written and read, as source text: typed arrays convert as the interface wants. */
const slotText: Record<string, (slot: string) => string> = {
  i: (slot) => `words[2 * (${slot})]`,
  I: (slot) => `longs[${slot}]`,
  f: (slot) => `floats[2 * (${slot})]`,
  F: (slot) => `doubles[${slot}]`,
};
const writeText = (letter: string, slot: string, value: string): string =>
  letter === 'x' ? `words[2 * (${slot})] = reference(${value});` : `${slotText[letter]!(slot)} = ${value};`;
const readText = (letter: string, slot: string): string =>
  letter === 'x' ? `referent(words[2 * (${slot})])` : slotText[letter]!(slot);

const compiled = new Map<string, Function>();

/** Compiles `body` once for each text, with the stack's views in scope. */
function compile(params: string[], body: string): any {
  const key = `${params.join()}:${body}`;
  let maker = compiled.get(key);
  if (maker === undefined) {
    const scope = ['stack', 'reference', 'referent', 'ops', 'failed', 'sweep', ...params];
    const text = `const { address, words, longs, floats, doubles } = stack;\n${body}`;
    maker = host.engine.compileFunction(text, 'glue:interpose/webassembly', scope, 0) as Function;
    compiled.set(key, maker);
  }
  return (...values: unknown[]) => maker(stack(), reference, referent, ops, failed, sweepReferences, ...values);
}

/** A function that calls one of a guest's. */
function inward(guest: number, fn: number, { params, results, entry }: Signature): (...args: any[]) => any {
  const names = [...params].map((_, i) => `a${i}`);
  const slots = Math.max(params.length, results.length);
  const results_ = [...results].map((letter, i) => readText(letter, `at + ${i}`));
  const make = compile(['guest', 'entry', 'fn'], `return (${names.join()}) => {
    const frame = words[0], top = frame + ${8 * slots}, at = (frame - address) / 8;
    if (top > words[1]) throw new RangeError('Maximum call stack size exceeded');
    words[0] = top;
    ${names.length === 0 ? '' : `try { ${names.map((name, i) => writeText(params[i]!, `at + ${i}`, name)).join(' ')} } catch (error) { words[0] = frame; throw error; }`}
    const trap = ops.wasm_enter(guest, entry, frame, fn);
    words[0] = frame;
    if (trap !== 0) failed(trap);
    ${results.includes('x') || params.includes('x') ? `const result = ${resultText(results_)}; if (at === 2) sweep(); return result;` : `return ${resultText(results_)};`}
  };`);
  return make(guest, entry, fn);
}

const resultText = (results: string[]): string =>
  results.length === 0 ? 'undefined' : results.length === 1 ? results[0]! : `[${results.join()}]`;

/** What is run when a guest calls an import: takes its frame. */
function outward(fn: Function, { params, results }: Signature): (frame: number) => void {
  const args = [...params].map((letter, i) => readText(letter, `at + ${i}`)).join();
  const answers = results.length === 1
    ? writeText(results, 'at', 'value')
    : `const values = [...value]; if (values.length !== ${results.length}) throw new TypeError('multi-return length mismatch');
       ${[...results].map((letter, i) => writeText(letter, `at + ${i}`, `values[${i}]`)).join(' ')}`;
  const make = compile(['fn'], `return (frame) => {
    const at = (frame - address) / 8;
    ${results.length === 0 ? '' : 'const value = '}fn(${args});
    ${results.length === 0 ? '' : answers}
  };`);
  return make(fn);
}

function write(frame: number, slot: number, letter: string, value: any): void {
  const { address, words, longs, floats, doubles } = shared!;
  const at = (frame - address) / 8 + slot;
  switch (letter) {
    case 'i': words[2 * at] = value; break;
    case 'I': longs[at] = value; break;
    case 'f': floats[2 * at] = value; break;
    case 'F': doubles[at] = value; break;
    default: words[2 * at] = reference(value);
  }
}

function read(frame: number, slot: number, letter: string): unknown {
  const { address, words } = shared!;
  const at = (frame - address) / 8 + slot;
  return letter === 'x' ? referent(words[2 * at]!) : words[2 * at];
}

// --- references to JavaScript's values ----------------------------------------------------------------------------------------------

/** Values that guests know by number; 0 is null. */
let referents: unknown[] = [null];
let references = new Map<unknown, number>();
/** Numbers are given up when nobody is inside a guest and there are more than this: only globals of guests hold any then. */
let referencesMax = 1024;

function reference(value: unknown): number {
  if (value === null) return 0;
  let number = references.get(value);
  if (number === undefined) {
    number = referents.push(value) - 1;
    references.set(value, number);
  }
  return number;
}

function referent(number: number): unknown {
  return referents[number];
}

/** Called when nobody is inside a guest. */
function sweepReferences(): void {
  if (references.size <= referencesMax) return;
  referencesMax = Infinity;
  const kept = new Set<number>();
  for (const guest of guests) {
    for (const { letter, getter } of guest.shape.globals) {
      if (letter === 'x') kept.add(reference(guest.call(getter, [])));
    }
  }
  references = new Map();
  referents.forEach((value, number) => {
    if (kept.has(number)) references.set(value, number);
    else if (number > 0) delete referents[number];
  });
  referencesMax = Math.max(1024, 2 * references.size);
  if (references.size === 0) referents = [null];
}

// --- guests --------------------------------------------------------------------------------------------------------------------

/** What JavaScript threw in a function that a guest had called. */
let pending: { error: unknown } | undefined;

interface Signature { params: string; results: string; entry: number }

class Guest {
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
const uncallable = () => (): never => {
  throw new TypeError('type incompatibility when transforming from/to JS');
};

/** Throws what went wrong in a guest as JavaScript knows it. */
function failed(trap: number): never {
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

const guests: Guest[] = [];
/** Where exported functions come from. */
const origins = new WeakMap<Function, { guest: Guest; fn: number }>();

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
function request(guest: Guest, number: number, frame: number): void {
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

// --- the objects of the API -----------------------------------------------------------------------------------------------------

class Module {
  #id: number;
  #shape: Shape;

  constructor(source: unknown) {
    const bytes = bytesOf(source, 'WebAssembly.Module()');
    if (bytes.length === 0) throw new CompileError('WebAssembly.Module(): BufferSource argument is empty');
    try {
      ({ id: this.#id, shape: this.#shape } = ops.wasm_module(bytes));
    } catch (error: any) {
      throw error?.code === 'wasm:CompileError' ? new CompileError(`WebAssembly.Module(): ${error.message}`) : error;
    }
  }

  static known(module: Module): { id: number; shape: Shape } {
    return { id: module.#id, shape: module.#shape };
  }

  static imports(module: Module): object[] {
    return module.#shape.imports.map(({ module: from, name, kind }) => ({ module: from, name, kind }));
  }

  static exports(module: Module): object[] {
    return module.#shape.exports.map(({ name, kind }) => ({ name, kind }));
  }

  static customSections(module: Module, name: string): ArrayBufferLike[] {
    if (name === undefined) throw new TypeError('WebAssembly.Module.customSections(): Argument 1 is required');
    return ops.wasm_custom_sections(module.#id, String(name)).map((bytes) => bytes.buffer);
  }
}

function limits(descriptor: any, who: string, most: number): [number, number | undefined] {
  if ((typeof descriptor !== 'object' && typeof descriptor !== 'function') || descriptor === null) {
    throw new TypeError(`${who}: Argument 0 must be a ${who.includes('Memory') ? 'memory' : 'table'} descriptor`);
  }
  const limit = (name: string, low: number): number | undefined => {
    const value = descriptor[name];
    if (value === undefined) return undefined;
    const number = Number(value);
    if (!Number.isFinite(number)) throw new TypeError(`${who}: Property '${name}': value ${value} is ${Number.isNaN(number) ? 'not a number' : 'above the upper bound'}`);
    if (number < low) throw new TypeError(`${who}: Property '${name}': value ${value} is below the lower bound`);
    if (number > most) throw new TypeError(`${who}: Property '${name}': value ${value} is above the upper bound`);
    return Math.trunc(number);
  };
  const initial = limit('initial', 0);
  if (initial === undefined) throw new TypeError(`${who}: Property 'initial' is required`);
  return [initial, limit('maximum', initial)];
}

const PAGE = 65536;

class Memory {
  /** Where its description lies: the base, and at 8 the length in bytes. */
  #cell: number;
  #description: Uint32Array;
  #maximum: number | undefined;
  #buffer: ArrayBuffer | undefined;

  constructor(descriptor: any) {
    if (descriptor?.shared) throw new TypeError("WebAssembly.Memory(): shared memories are not available here");
    const [initial, maximum] = limits(descriptor, 'WebAssembly.Memory()', PAGES_MAX);
    this.#maximum = maximum;
    this.#cell = ops.wasm_memory_new(initial, maximum);
    this.#description = new Uint32Array(host.engine.externalArrayBuffer(this.#cell, 16));
  }

  get buffer(): ArrayBuffer {
    if (this.#buffer === undefined) {
      this.#buffer = host.engine.externalArrayBuffer(this.#description[0]!, this.#description[2]!);
    }
    return this.#buffer;
  }

  grow(delta: number): number {
    const before = ops.wasm_memory_grow(this.#cell, Number(delta));
    if (before < 0) throw new RangeError('WebAssembly.Memory.grow(): Maximum memory size exceeded');
    // Detached even when it stayed where it was, as the interface has it.
    this.#detach();
    return before;
  }

  #detach(): void {
    if (this.#buffer !== undefined) host.engine.detachArrayBuffer(this.#buffer);
    this.#buffer = undefined;
  }

  static cell(memory: Memory): number {
    return memory.#cell;
  }

  /** Pages, and at most. */
  static size(memory: Memory): [number, number | undefined] {
    return [memory.#description[2]! / PAGE, memory.#maximum];
  }

  /** A guest's `memory.grow`: -1 when it cannot. */
  static grown(memory: Memory, delta: number): number {
    const before = ops.wasm_memory_grow(memory.#cell, delta);
    if (before >= 0) memory.#detach();
    return before;
  }
}

class Table {
  #external: boolean;
  #maximum: number | undefined;
  /** References, or functions as far as they are known: a table of functions is the guest's, and this is its image. */
  #elements: unknown[];
  /** The guest that has a table of functions, and its accessors; none for a table that no guest has been given yet. */
  #owner: { guest: Guest; accessors: number[]; changed: boolean } | undefined;

  constructor(descriptor: any, value?: any, ...more: unknown[]) {
    const letter = letters[descriptor?.element];
    if (letter !== 'r' && letter !== 'x') {
      throw new TypeError("WebAssembly.Table(): Descriptor property 'element' must be a WebAssembly reference type");
    }
    const [initial, maximum] = limits(descriptor, 'WebAssembly.Table()', TABLE_MAX);
    this.#external = letter === 'x';
    this.#maximum = maximum;
    // A missing value is undefined for references and null for functions; `existing` tells our own calls.
    const first = value === existing ? more[0] : this.#external ? value : value ?? null;
    this.#elements = new Array(initial).fill(first);
    if (!this.#external && first !== null) this.#checkFunction(first, 'WebAssembly.Table()');
  }

  get length(): number {
    const owner = this.#owner;
    return owner?.changed === true ? owner.guest.call(owner.accessors[0]!, []) : this.#elements.length;
  }

  get(index: number): unknown {
    if (this.#owner?.changed === true) {
      throw new RuntimeError('WebAssembly.Table.get(): the functions of a table that its module changes cannot be told here');
    }
    return this.#at(index, 'get')[Number(index)];
  }

  set(index: number, ...value: unknown[]): void {
    const elements = this.#at(index, 'set');
    const given = value.length > 0 ? value[0] : this.#external ? undefined : null;
    if (!this.#external) this.#put(Number(index), given);
    elements[Number(index)] = given;
  }

  grow(delta: number, ...value: unknown[]): number {
    const given = value.length > 0 ? value[0] : this.#external ? undefined : null;
    if (!this.#external) this.#checkFunction(given, 'WebAssembly.Table.grow()');
    const before = this.grown(Number(delta), given);
    if (before < 0) throw new RangeError(`WebAssembly.Table.grow(): failed to grow table by ${delta}`);
    return before;
  }

  #at(index: unknown, who: string): unknown[] {
    const number = Number(index);
    if (!(number >= 0 && number < this.length)) {
      throw new RangeError(`WebAssembly.Table.${who}(): invalid address ${String(index)} in ${this.#external ? 'externref' : 'funcref'} table of size ${this.length}`);
    }
    return this.#elements;
  }

  #checkFunction(value: unknown, who: string): void {
    if (value !== null && !origins.has(value as Function)) {
      throw new TypeError(`${who}: Argument 1 is invalid for table: function-typed object expected`);
    }
  }

  /** Puts a function into the guest's table. */
  #put(index: number, value: unknown): void {
    this.#checkFunction(value, 'WebAssembly.Table.set()');
    const owner = this.#owner;
    if (owner === undefined) return;
    const origin = value === null ? undefined : origins.get(value as Function)!;
    if (origin !== undefined && origin.guest !== owner.guest) {
      throw new TypeError("WebAssembly.Table.set(): a function of another instance cannot be put into this instance's table here");
    }
    owner.guest.call(owner.accessors[2]!, [index, origin?.fn ?? -1]);
  }

  /** The elements, when all of a range are there. */
  elements(start: number, count: number): unknown[] {
    if (start + count > this.#elements.length) throw new RuntimeError('table index is out of bounds');
    return this.#elements;
  }

  /** Grows; -1 when it cannot. */
  grown(delta: number, value: unknown): number {
    const before = this.length;
    if (!(delta >= 0) || before + delta > (this.#maximum ?? TABLE_MAX)) return -1;
    if (this.#owner !== undefined && this.#owner.guest.call(this.#owner.accessors[1]!, [delta]) < 0) return -1;
    for (let i = 0; i < delta; i += 1) {
      this.#elements.push(value);
      if (!this.#external && value !== null) this.#put(before + i, value);
    }
    return before;
  }

  /** Gives a table to a guest that has just been loaded: as long as it is, with what it holds. */
  static give(table: Table, guest: Guest, shape: Shape['tables'][number]): void {
    if (table.#external) return;
    if (table.#owner !== undefined) {
      throw new LinkError('WebAssembly.Instance(): a table of functions cannot be shared by two instances here');
    }
    if (table.#elements.some((element) => element !== null)) {
      throw new LinkError("WebAssembly.Instance(): a table that holds another instance's functions cannot be imported here");
    }
    table.#owner = { guest, accessors: shape.accessors, changed: shape.changed };
    const missing = table.#elements.length - shape.initial;
    if (missing > 0) guest.call(shape.accessors[1]!, [missing]);
  }

  /** What an active segment has put into the table. */
  static note(table: Table, start: number, functions: (Function | null)[]): void {
    functions.forEach((fn, i) => { table.#elements[start + i] = fn; });
  }

  static limits(table: Table): [external: boolean, length: number, maximum: number | undefined] {
    return [table.#external, table.length, table.#maximum];
  }
}

class Global {
  #letter: string;
  #mutable: boolean;
  #value: unknown;
  /** The guest that has the variable. */
  #owner: { guest: Guest; getter: number; setter: number | null } | undefined;

  constructor(descriptor: any, value?: any) {
    if (descriptor === existing) {
      [this.#letter, this.#mutable, this.#owner] = value;
      return;
    }
    const letter = letters[descriptor?.value];
    if (letter === undefined) throw new TypeError("WebAssembly.Global(): Descriptor property 'value' must be a WebAssembly type");
    this.#letter = letter;
    this.#mutable = Boolean(descriptor.mutable);
    this.#value = coerced(letter, value === undefined && letter !== 'x' ? (letter === 'I' ? 0n : letter === 'r' ? null : 0) : value);
  }

  get value(): unknown {
    return this.#owner === undefined ? this.#value : this.#owner.guest.call(this.#owner.getter, []);
  }

  set value(value: any) {
    if (!this.#mutable) throw new TypeError("set WebAssembly.Global.value: Can't set the value of an immutable global.");
    if (this.#owner === undefined) this.#value = coerced(this.#letter, value);
    else this.#owner.guest.call(this.#owner.setter!, [value]);
  }

  valueOf(): unknown {
    return this.value;
  }

  static type(global: Global): [letter: string, mutable: boolean] {
    return [global.#letter, global.#mutable];
  }

  /** From now on the variable is the guest's. */
  static give(global: Global, guest: Guest, getter: number, setter: number | null): void {
    if (!global.#mutable) return;
    if (global.#owner !== undefined) {
      throw new LinkError('WebAssembly.Instance(): a mutable global cannot be shared by two instances here');
    }
    global.#owner = { guest, getter, setter };
  }
}

/** A value as a variable of this type holds it. */
function coerced(letter: string, value: any): unknown {
  switch (letter) {
    case 'i': return value | 0;
    case 'I': return BigInt.asIntN(64, BigInt(value));
    case 'f': return Math.fround(value);
    case 'F': return Number(value);
    case 'r': {
      if (value !== null) throw new TypeError('WebAssembly.Global(): values of funcref other than null are not available here');
      return null;
    }
    default: return value;
  }
}

// --- instances -------------------------------------------------------------------------------------------------------------------

type Fail = (what: string) => never;

function importFunction(guest: Guest, value: any, fail: Fail): void {
  if (typeof value !== 'function') fail('function import requires a callable');
  guest.imports.push(value);
  guest.outward.push(outward(value, guest.signature(guest.outward.length)));
}

function importMemory(guest: Guest, value: any, wanted: Shape['memories'][number], fail: Fail): void {
  if (!(value instanceof Memory)) fail('memory import must be a WebAssembly.Memory object');
  const [pages, maximum] = Memory.size(value);
  if (pages < wanted.initial) fail(`memory import has ${pages} pages which is smaller than the declared initial of ${wanted.initial}`);
  if (wanted.maximum !== null) {
    if (maximum === undefined) fail('memory import has no maximum limit, expected at most ' + wanted.maximum);
    if (maximum! > wanted.maximum) fail(`memory import has a larger maximum size ${maximum} than the module's declared maximum ${wanted.maximum}`);
  }
  guest.memories.push(value);
}

function importTable(guest: Guest, value: any, wanted: Shape['tables'][number], fail: Fail): void {
  if (!(value instanceof Table)) fail('table import requires a WebAssembly.Table');
  const [external, length, maximum] = Table.limits(value);
  if (external !== wanted.external) fail('imported table does not match the expected type');
  if (length < wanted.initial) fail(`table import has ${length} elements, which is smaller than the initial ${wanted.initial}`);
  if (wanted.maximum !== null && (maximum === undefined || maximum > wanted.maximum)) {
    fail(maximum === undefined ? 'table import has no maximum length, expected ' + wanted.maximum : `table import has a larger maximum size ${maximum.toString(16)} than the module's declared maximum ${wanted.maximum}`);
  }
  guest.tables.push(value);
}

function importGlobal(guest: Guest, value: any, wanted: Shape['globals'][number], fail: Fail): void {
  if (value instanceof Global) {
    const [letter, mutable] = Global.type(value);
    if (mutable !== wanted.mutable) fail('imported global does not match the expected mutability');
    if (letter !== wanted.letter) fail('imported global does not match the expected type');
    guest.globals.push(value);
    return;
  }
  if (wanted.mutable) fail('imported mutable global must be a WebAssembly.Global object');
  if (wanted.letter === 'I' ? typeof value !== 'bigint' : wanted.letter !== 'x' && typeof value !== 'number') {
    fail(wanted.letter === 'I' ? 'global import must be a BigInt' : 'global import must be a number, valid Wasm reference, or WebAssembly.Global object');
  }
  const name = Object.keys(letters).find((type) => letters[type] === wanted.letter);
  guest.globals.push(new Global({ value: name }, value));
}

function importAll(guest: Guest, imports: any): void {
  const { shape } = guest;
  if (shape.imports.length > 0 && (imports === undefined || imports === null || typeof imports !== 'object')) {
    throw new TypeError('WebAssembly.Instance(): Imports argument must be present and must be an object');
  }
  shape.imports.forEach(({ module, name, kind, number }, index) => {
    const scope = imports[module];
    if ((typeof scope !== 'object' && typeof scope !== 'function') || scope === null) {
      throw new TypeError(`WebAssembly.Instance(): Import #${index} "${module}": module is not an object or function`);
    }
    const fail: Fail = (what) => {
      throw new LinkError(`WebAssembly.Instance(): Import #${index} "${module}" "${name}": ${what}`);
    };
    const value = scope[name];
    if (kind === 'function') importFunction(guest, value, fail);
    else if (kind === 'memory') importMemory(guest, value, shape.memories[number]!, fail);
    else if (kind === 'table') importTable(guest, value, shape.tables[number]!, fail);
    else importGlobal(guest, value, shape.globals[number]!, fail);
  });
}

/** Makes what the guest does not import. */
function makeOwn(guest: Guest): void {
  const { shape } = guest;
  for (const { initial, maximum } of shape.memories.slice(guest.memories.length)) {
    guest.memories.push(new Memory({ initial, maximum: maximum ?? undefined }));
  }
  for (const { external, initial, maximum } of shape.tables.slice(guest.tables.length)) {
    guest.tables.push(new Table({ element: external ? 'externref' : 'anyfunc', initial, maximum: maximum ?? undefined }, existing, null));
  }
}

/** Initialises an instance: globals, tables, memories. */
function link(guest: Guest): void {
  const { shape } = guest;
  const base = 3 + guest.memories.length;
  const slots = base + shape.importedGlobals + shape.segments.length;
  const { address, trampoline } = stack();
  const frame = push(slots);
  try {
    [address, trampoline, guest.number].forEach((word, slot) => write(frame, slot, 'i', word));
    guest.memories.forEach((memory, i) => write(frame, 3 + i, 'i', Memory.cell(memory)));
    guest.globals.forEach((global, i) => write(frame, base + i, shape.globals[i]!.letter, global.value));
    guest.enter(ENTRY_LINK, frame);
    shape.segments.forEach(({ table, functions }, i) => {
      const start = (read(frame, base + shape.importedGlobals + i, 'i') as number) >>> 0;
      Table.note(guest.tables[table]!, start, functions.map((fn) => (fn === null ? null : guest.exported(fn))));
    });
  } finally {
    shared!.words[0] = frame;
  }
  guest.globals.forEach((global, i) => Global.give(global, guest, shape.globals[i]!.getter, shape.globals[i]!.setter));
  for (const { letter, mutable, getter, setter } of shape.globals.slice(guest.globals.length)) {
    guest.globals.push(new (Global as any)(existing, [letter, mutable, { guest, getter, setter }]));
  }
  guest.enter(ENTRY_START, push(0));
}

class Instance {
  exports: object;

  constructor(module: Module, imports?: any) {
    if (!(module instanceof Module)) throw new TypeError('WebAssembly.Instance(): Argument 0 must be a WebAssembly.Module');
    if (imports !== undefined && (typeof imports !== 'object' || imports === null)) {
      throw new TypeError('WebAssembly.Instance(): Argument 1 must be an object');
    }
    const { id, shape } = Module.known(module);
    const guest = new Guest(shape);
    stack();
    importAll(guest, imports);
    makeOwn(guest);
    guest.load(id);
    guest.tables.forEach((table, i) => Table.give(table, guest, shape.tables[i]!));
    link(guest);
    const exports = Object.create(null);
    for (const { name, kind, number } of shape.exports) {
      if (kind === 'function') exports[name] = guest.exported(number);
      else if (kind === 'memory') exports[name] = guest.memories[number];
      else if (kind === 'table') exports[name] = guest.tables[number];
      else if (kind === 'global') exports[name] = guest.globals[number];
    }
    this.exports = Object.freeze(exports);
  }
}

/** Messages name the function that was called. */
function named<T>(who: string, work: () => T): T {
  try {
    return work();
  } catch (error: any) {
    if (typeof error?.message === 'string') error.message = error.message.replace(/^WebAssembly\.(Module|Instance)\(\)/, who);
    throw error;
  }
}

const api = {
  validate: (source: unknown): boolean => ops.wasm_validate(bytesOf(source, 'WebAssembly.validate()')),
  compile: async (source: unknown): Promise<Module> => named('WebAssembly.compile()', () => new Module(source)),
  instantiate: async (source: unknown, imports?: unknown): Promise<unknown> => named('WebAssembly.instantiate()', () => {
    if (source instanceof Module) return new Instance(source, imports);
    const module = new Module(source);
    return { module, instance: new Instance(module, imports) };
  }),
};

/** How Node reads a response for `compileStreaming`: `setImplementation` of the binding `wasm_web_api`. */
export const streaming: { read?: (state: object, source: unknown) => void } = {};

/** A module from a response, or a promise of one. */
function compileStreaming(who: string, source: unknown): Promise<Module> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    streaming.read!({
      setURL() {},
      push(chunk: unknown) { chunks.push(bytesOf(chunk, who).slice()); },
      abort: reject,
      finish() {
        const bytes = new Uint8(chunks.reduce((total, chunk) => total + chunk.length, 0));
        let at = 0;
        for (const chunk of chunks) {
          bytes.set(chunk, at);
          at += chunk.length;
        }
        try {
          resolve(named(who, () => new Module(bytes)));
        } catch (error) {
          reject(error);
        }
      },
    }, source);
  });
}

const streamingApi = {
  compileStreaming: (source: unknown): Promise<Module> => compileStreaming('WebAssembly.compileStreaming()', source),
  instantiateStreaming: async (source: unknown, imports?: unknown): Promise<unknown> => {
    const module = await compileStreaming('WebAssembly.instantiateStreaming()', source);
    return { module, instance: new Instance(module, imports) };
  },
};

if (host.global.WebAssembly === undefined) {
  const WebAssembly = {};
  const members = { Module, Instance, Memory, Table, Global, CompileError, LinkError, RuntimeError, ...api, ...streamingApi };
  for (const [name, value] of Object.entries(members)) {
    Object.defineProperty(WebAssembly, name, { value, writable: true, configurable: true, enumerable: false });
  }
  for (const Class of [Module, Instance, Memory, Table, Global]) {
    Object.defineProperty(Class.prototype, Symbol.toStringTag, { value: `WebAssembly.${Class.name}`, configurable: true });
  }
  // Ours alone: scripts must not find them.
  const own: [object, string[]][] = [[Module, ['known']], [Memory, ['cell', 'size', 'grown']], [Table, ['give', 'note', 'limits']], [Global, ['type', 'give']]];
  for (const [Class, names] of own) for (const name of names) Object.defineProperty(Class, name, { enumerable: false });
  Object.defineProperty(WebAssembly, Symbol.toStringTag, { value: 'WebAssembly', configurable: true });
  Object.defineProperty(host.global, 'WebAssembly', { value: WebAssembly, writable: true, configurable: true, enumerable: false });
}
