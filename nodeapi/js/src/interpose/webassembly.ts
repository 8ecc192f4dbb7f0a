// `WebAssembly` for an engine that has none, over ops (an interpreter). As the WebAssembly JavaScript Interface, with V8's messages
// where programs look at them.
//
// A call into a module runs until it returns or wants an imported function; then it waits while that runs here, and goes on.
// Memory is shown as ArrayBuffers over the interpreter's own; whenever a module has run they are checked, and detached if the
// memory moved.

declare global {
  interface Ops {
    wasm_validate(bytes: Bytes): boolean;
    wasm_module(bytes: Bytes): number;
    wasm_imports(module: number): string[];
    wasm_exports(module: number): string[];
    wasm_custom_sections(module: number, name: string): Uint8Array[];
    wasm_host_function(module: number, index: number, callback: number): number;
    wasm_instantiate(module: number, ...imports: Array<string | number>): Array<string | number>;
    wasm_function_type(fn: number): [string, string];
    wasm_call(fn: number, letters: string, ...args: unknown[]): Step;
    wasm_resume(letters: string, ...results: unknown[]): Step;
    wasm_abandon(): void;
    wasm_memory_new(initial: number, maximum?: number): number;
    wasm_memory_grow(memory: number, pages: number): number;
    wasm_memory_place(memory: number): [number, number];
    wasm_table_new(initial: number, maximum?: number): number;
    wasm_table_size(table: number): number;
    wasm_table_get(table: number, index: number): number | null;
    wasm_table_set(table: number, index: number, fn: number | null): void;
    wasm_table_grow(table: number, delta: number, fn: number | null): number;
    wasm_global_new(letter: string, value: unknown, mutable: boolean): number;
    wasm_global_type(global: number): string;
    wasm_global_get(global: number): unknown;
    wasm_global_set(global: number, value: unknown): void;
  }
  /** `[-1, results]`, or a callback's number and its arguments. */
  type Step = [number, any[]];
  interface Engine {
    externalArrayBuffer(address: number, length: number): ArrayBuffer;
  }
}

const { ops } = host;
const Uint8 = Uint8Array;
/** Given to a constructor that makes the JavaScript side of something that exists. */
const existing = Symbol('existing');
const letters: Record<string, string> = { i32: 'i', i64: 'I', f32: 'f', f64: 'F', anyfunc: 'r', funcref: 'r' };

class CompileError extends Error {}
class LinkError extends Error {}
class RuntimeError extends Error {}
const classes: Record<string, new (message: string) => Error> = {
  'wasm:CompileError': CompileError, 'wasm:LinkError': LinkError, 'wasm:RuntimeError': RuntimeError,
};
for (const ErrorClass of [CompileError, LinkError, RuntimeError]) {
  Object.defineProperty(ErrorClass.prototype, 'name', { value: ErrorClass.name, writable: true, configurable: true });
}

/** Runs an op; its errors become those of the API. */
function guard<T>(prefix: string, work: () => T): T {
  try {
    return work();
  } catch (error: any) {
    const ErrorClass = classes[error?.code];
    throw ErrorClass === undefined ? error : new ErrorClass(prefix + error.message);
  }
}

function bytesOf(source: unknown, who: string): Uint8Array {
  if (ArrayBuffer.isView(source)) return new Uint8(source.buffer, source.byteOffset, source.byteLength);
  if (source instanceof ArrayBuffer) return new Uint8(source);
  throw new TypeError(`${who}: Argument 0 must be a buffer source`);
}

// --- values ------------------------------------------------------------------------------------------------------------------

const functionIds = new WeakMap<object, number>();
const functions = new Map<number, Function>();

/** What an op takes for a value of this type. */
function toNative(letter: string, value: any): unknown {
  switch (letter) {
    case 'i': return value | 0;
    case 'I': return BigInt.asIntN(64, BigInt(value));
    case 'f': case 'F': return Number(value);
    case 'r': {
      if (value === null || value === undefined) return null;
      const id = functionIds.get(value);
      if (id === undefined) throw new TypeError('WebAssembly objects are opaque: function-typed object expected');
      return id;
    }
    default: throw new TypeError('type incompatibility when transforming from/to JS');
  }
}

function fromNative(letter: string, value: any): unknown {
  return letter === 'r' ? exported(value) : value;
}

/** The JavaScript function for one of the interpreter's. */
function exported(id: number | null): Function | null {
  if (id === null) return null;
  let fn = functions.get(id);
  if (fn === undefined) {
    const [params, results] = ops.wasm_function_type(id);
    fn = (...args: unknown[]): unknown => invoke(id, params, results, args);
    Object.defineProperty(fn, 'name', { value: String(id), configurable: true });
    Object.defineProperty(fn, 'length', { value: params.length, configurable: true });
    functions.set(id, fn);
    functionIds.set(fn, id);
  }
  return fn;
}

// --- calls -------------------------------------------------------------------------------------------------------------------

interface Callback { fn: Function; params: string; results: string }
const callbacks: Callback[] = [];

function invoke(id: number, params: string, results: string, args: unknown[]): unknown {
  const inputs = [...params].map((letter, i) => toNative(letter, args[i]));
  let step = guard('', () => ops.wasm_call(id, params, ...inputs));
  while (step[0] >= 0) {
    detachMoved();
    const { fn, params: given, results: wanted } = callbacks[step[0]]!;
    let answers: unknown[];
    try {
      const value = Reflect.apply(fn, undefined, [...given].map((letter, i) => fromNative(letter, step[1][i])));
      answers = resultsOf(wanted, value);
    } catch (error) {
      ops.wasm_abandon();
      throw error;
    }
    step = guard('', () => ops.wasm_resume(wanted, ...answers));
  }
  detachMoved();
  if (results.length === 0) return undefined;
  const values = [...results].map((letter, i) => fromNative(letter, step[1][i]));
  return values.length === 1 ? values[0] : values;
}

function resultsOf(wanted: string, value: any): unknown[] {
  if (wanted.length === 0) return [];
  const values = wanted.length === 1 ? [value] : [...value];
  return [...wanted].map((letter, i) => toNative(letter, values[i]));
}

// --- the objects of the API -----------------------------------------------------------------------------------------------------

class Module {
  #id: number;

  constructor(source: unknown) {
    this.#id = guard('WebAssembly.Module(): ', () => ops.wasm_module(bytesOf(source, 'WebAssembly.Module()')));
  }

  static id(module: Module): number {
    return module.#id;
  }

  static imports(module: Module): object[] {
    const flat = ops.wasm_imports(module.#id);
    return Array.from({ length: flat.length / 3 }, (_, i) => ({ module: flat[3 * i], name: flat[3 * i + 1], kind: flat[3 * i + 2] }));
  }

  static exports(module: Module): object[] {
    const flat = ops.wasm_exports(module.#id);
    return Array.from({ length: flat.length / 2 }, (_, i) => ({ name: flat[2 * i], kind: flat[2 * i + 1] }));
  }

  static customSections(module: Module, name: string): ArrayBufferLike[] {
    return ops.wasm_custom_sections(module.#id, String(name)).map((bytes) => bytes.buffer);
  }
}

function limits(descriptor: any, who: string): [number, number | undefined] {
  if (typeof descriptor !== 'object' || descriptor === null) throw new TypeError(`${who}: Argument 0 must be a descriptor`);
  const { initial, maximum } = descriptor;
  if (initial === undefined) throw new TypeError(`${who}: Property 'initial' is required`);
  if (maximum !== undefined && maximum < initial) throw new RangeError(`${who}: Property 'maximum': value ${maximum} is below the lower bound`);
  return [Number(initial), maximum === undefined ? undefined : Number(maximum)];
}

const shownMemories = new Set<Memory>();

class Memory {
  #id: number;
  #place: [number, number] = [0, 0];
  #buffer: ArrayBuffer | undefined;

  constructor(descriptor: any, id?: number) {
    this.#id = descriptor === existing ? id! : ops.wasm_memory_new(...limits(descriptor, 'WebAssembly.Memory()'));
  }

  get buffer(): ArrayBuffer {
    if (this.#buffer === undefined) {
      this.#place = ops.wasm_memory_place(this.#id);
      this.#buffer = host.engine.externalArrayBuffer(...this.#place);
      shownMemories.add(this);
    }
    return this.#buffer;
  }

  grow(pages: number): number {
    const before = ops.wasm_memory_grow(this.#id, Number(pages));
    // Detached even when it stayed where it was, as the interface has it.
    this.#detach();
    detachMoved();
    return before;
  }

  #detach(): void {
    if (this.#buffer !== undefined) host.engine.detachArrayBuffer(this.#buffer);
    this.#buffer = undefined;
    shownMemories.delete(this);
  }

  static id(memory: Memory): number {
    return memory.#id;
  }

  /** Detaches the buffer if the memory is elsewhere by now. */
  static check(memory: Memory): void {
    const [address, length] = ops.wasm_memory_place(memory.#id);
    if (address !== memory.#place[0] || length !== memory.#place[1]) memory.#detach();
  }
}

function detachMoved(): void {
  for (const memory of shownMemories) Memory.check(memory);
}

class Table {
  #id: number;

  constructor(descriptor: any, value?: any) {
    if (descriptor === existing) {
      this.#id = value;
      return;
    }
    if (letters[descriptor?.element] !== 'r') throw new TypeError("WebAssembly.Table(): Descriptor property 'element' must be 'anyfunc'");
    this.#id = ops.wasm_table_new(...limits(descriptor, 'WebAssembly.Table()'));
    if (value != null) for (let i = 0; i < this.length; i += 1) this.set(i, value);
  }

  get length(): number {
    return ops.wasm_table_size(this.#id);
  }

  get(index: number): Function | null {
    return exported(ops.wasm_table_get(this.#id, Number(index)));
  }

  set(index: number, value: any = null): void {
    ops.wasm_table_set(this.#id, Number(index), toNative('r', value) as number | null);
  }

  grow(delta: number, value: any = null): number {
    return ops.wasm_table_grow(this.#id, Number(delta), toNative('r', value) as number | null);
  }

  static id(table: Table): number {
    return table.#id;
  }
}

class Global {
  #id: number;
  #letter: string;

  constructor(descriptor: any, value?: any) {
    if (descriptor === existing) {
      this.#id = value;
      this.#letter = ops.wasm_global_type(value);
      return;
    }
    const letter = letters[descriptor?.value];
    if (letter === undefined) throw new TypeError("WebAssembly.Global(): Descriptor property 'value' must be a WebAssembly type");
    const initial = letter === 'r' ? null : toNative(letter, value ?? (letter === 'I' ? 0n : 0));
    this.#letter = letter;
    this.#id = ops.wasm_global_new(letter, initial, Boolean(descriptor.mutable));
  }

  get value(): unknown {
    return fromNative(this.#letter, ops.wasm_global_get(this.#id));
  }

  set value(value: any) {
    ops.wasm_global_set(this.#id, toNative(this.#letter, value));
  }

  valueOf(): unknown {
    return this.value;
  }

  static id(global: Global): number {
    return global.#id;
  }
}

/** One handle for each native object, so that what two modules share is the same object. */
const handles = new Map<string, object>();

function handle(kind: string, id: number): unknown {
  if (kind === 'function') return exported(id);
  const key = `${kind} ${id}`;
  let found = handles.get(key);
  if (found === undefined) {
    const Class: any = kind === 'memory' ? Memory : kind === 'table' ? Table : Global;
    found = new Class(existing, id) as object;
    handles.set(key, found);
  }
  return found;
}

/** The number of an import, made native if it is a JavaScript function or a plain number. */
function importNumber(module: number, index: number, path: string, kind: string, value: any): number {
  const fail = (what: string): never => {
    throw new LinkError(`WebAssembly.Instance(): Import #${index} ${path}: ${what}`);
  };
  switch (kind) {
    case 'function': {
      if (typeof value !== 'function') fail('function import requires a callable');
      const known = functionIds.get(value);
      if (known !== undefined) return known;
      const id = ops.wasm_host_function(module, index, callbacks.length);
      const [params, results] = ops.wasm_function_type(id);
      callbacks.push({ fn: value, params, results });
      return id;
    }
    case 'memory': return value instanceof Memory ? Memory.id(value) : fail('memory import must be a WebAssembly.Memory object');
    case 'table': return value instanceof Table ? Table.id(value) : fail('table import requires a WebAssembly.Table');
    default: {
      if (value instanceof Global) return Global.id(value);
      if (typeof value === 'bigint') return ops.wasm_global_new('I', value, false);
      return typeof value === 'number' ? ops.wasm_global_new('F', value, false) : fail('global import must be a number, valid Wasm reference, or WebAssembly.Global object');
    }
  }
}

class Instance {
  exports: object;

  constructor(module: Module, imports?: any) {
    if (!(module instanceof Module)) throw new TypeError('WebAssembly.Instance(): Argument 0 must be a WebAssembly.Module');
    const id = Module.id(module);
    const wanted = ops.wasm_imports(id);
    if (wanted.length > 0 && (typeof imports !== 'object' || imports === null)) {
      throw new TypeError('WebAssembly.Instance(): Imports argument must be present and must be an object');
    }
    const given: Array<string | number> = [];
    for (let i = 0; i < wanted.length; i += 3) {
      const [from, name, kind] = [wanted[i]!, wanted[i + 1]!, wanted[i + 2]!];
      const scope = imports[from];
      if ((typeof scope !== 'object' && typeof scope !== 'function') || scope === null) {
        throw new TypeError(`WebAssembly.Instance(): Import #${i / 3} "${from}": module is not an object or function`);
      }
      given.push(kind, importNumber(id, i / 3, `"${from}" "${name}"`, kind, scope[name]));
    }
    const flat = guard('WebAssembly.Instance(): ', () => ops.wasm_instantiate(id, ...given));
    detachMoved();
    const exports = Object.create(null);
    for (let i = 0; i < flat.length; i += 3) exports[flat[i]!] = handle(flat[i + 1] as string, flat[i + 2] as number);
    this.exports = Object.freeze(exports);
  }
}

const api = {
  validate: (source: unknown): boolean => ops.wasm_validate(bytesOf(source, 'WebAssembly.validate()')),
  compile: async (source: unknown): Promise<Module> => new Module(source),
  instantiate: async (source: unknown, imports?: unknown): Promise<unknown> => {
    if (source instanceof Module) return new Instance(source, imports);
    const module = new Module(source);
    return { module, instance: new Instance(module, imports) };
  },
};

if (host.global.WebAssembly === undefined) {
  const WebAssembly = {};
  const members = { Module, Instance, Memory, Table, Global, CompileError, LinkError, RuntimeError, ...api };
  for (const [name, value] of Object.entries(members)) {
    Object.defineProperty(WebAssembly, name, { value, writable: true, configurable: true, enumerable: false });
  }
  for (const Class of [Module, Instance, Memory, Table, Global]) {
    Object.defineProperty(Class.prototype, Symbol.toStringTag, { value: `WebAssembly.${Class.name}`, configurable: true });
  }
  for (const Class of [Module, Memory, Table, Global]) Object.defineProperty(Class, 'id', { enumerable: false });
  Object.defineProperty(WebAssembly, Symbol.toStringTag, { value: 'WebAssembly', configurable: true });
  Object.defineProperty(host.global, 'WebAssembly', { value: WebAssembly, writable: true, configurable: true, enumerable: false });
}
export {};
