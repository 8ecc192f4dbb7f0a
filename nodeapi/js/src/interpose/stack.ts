// `error.stack` as V8 has it: an own accessor, a header line, frames in V8's format, `Error.prepareStackTrace` and Node's callback,
// formatted when first read.

import { translate } from './messages';

interface Captured {
  sites: any[];
  /** Where a parser stopped. */
  place?: any;
  text?: unknown;
  done: boolean;
}

/** For whoever works on the glue: its frames in stacks. */
const showGlue = false;

const captured = new WeakMap<object, Captured>();
const { apply, defineProperty, getOwnPropertyDescriptor, getPrototypeOf } = Reflect;

/** Node's `prepareStackTraceCallback(globalThis, error, trace)`, once `setPrepareStackTraceCallback` was called. */
export const formatter: { prepare?: (globalThis: any, error: any, trace: any[]) => unknown } = {};

function read(this: any): unknown {
  let holder = this;
  while (holder !== null && typeof holder === 'object' && !captured.has(holder)) holder = Object.getPrototypeOf(holder);
  const state = holder === null ? undefined : captured.get(holder);
  if (state === undefined) return undefined;
  if (!state.done) {
    state.done = true;
    state.text = format(holder, state.sites);
    state.sites = [];
  }
  return state.text;
}
Object.defineProperty(read, 'name', { value: '' });

function write(this: any, value: unknown): void {
  const state = captured.get(this);
  if (state === undefined) {
    defineProperty(this, 'stack', { value, writable: true, enumerable: true, configurable: true });
    return;
  }
  state.done = true;
  state.text = value;
  state.sites = [];
}
Object.defineProperty(write, 'name', { value: '' });

function header(error: any): string {
  try {
    return String(Error.prototype.toString.call(error));
  } catch {
    return '<error>';
  }
}

function format(error: any, sites: any[]): unknown {
  const wrapped = sites.map((site) => new CallSite(site));
  if (formatter.prepare !== undefined) return formatter.prepare(host.global, error, wrapped);
  return [header(error), ...wrapped.map((site) => `    at ${site}`)].join('\n');
}

/** V8's CallSite over the engine's. */
class CallSite {
  readonly #site: any;
  constructor(site: any) {
    this.#site = site;
  }
  getThis(): unknown { return undefined; }
  getTypeName(): string | null { return null; }
  getFunction(): unknown { return this.#site.getFunction?.() ?? undefined; }
  getFunctionName(): string | null { return name(this.#site); }
  getMethodName(): string | null { return null; }
  getFileName(): string | undefined { return file(this.#site); }
  getLineNumber(): number | null { return this.#site.isNative() ? null : this.#site.getLineNumber(); }
  getColumnNumber(): number | null { return this.#site.isNative() ? null : this.#site.getColumnNumber(); }
  getEvalOrigin(): string | undefined { return undefined; }
  getScriptNameOrSourceURL(): string | undefined { return file(this.#site); }
  getScriptHash(): string { return ''; }
  getEnclosingLineNumber(): number | null { return this.getLineNumber(); }
  getEnclosingColumnNumber(): number | null { return this.getColumnNumber(); }
  getPosition(): number { return 0; }
  getPromiseIndex(): number | null { return null; }
  isToplevel(): boolean { return true; }
  isEval(): boolean { return false; }
  isNative(): boolean { return this.#site.isNative(); }
  isConstructor(): boolean { return false; }
  isAsync(): boolean { return false; }
  isPromiseAll(): boolean { return false; }
  toString(): string {
    const target = this.#site.getFunction();
    const fn = typeof target === 'function' && moduleFunctions.has(target) ? 'Object.<anonymous>' : name(this.#site);
    if (this.#site.isNative()) return `${builtins.get(target) ?? fn ?? 'native'} (<anonymous>)`;
    const at =
      `${file(this.#site) ?? '<anonymous>'}:${this.#site.getLineNumber()}:${this.#site.getColumnNumber()}`;
    return fn === null ? at : `${fn} (${at})`;
  }
}

function name(site: any): string | null {
  const text = site.getFunctionName();
  return text === null || text === undefined || text === '' || text === '<anonymous>' || text === '<eval>' ? null : text;
}

function file(site: any): string | undefined {
  return site.isNative() ? undefined : site.getFileName() ?? undefined;
}

/** Functions that are the top level of a CommonJS module: V8 shows them as `Object.<anonymous>`. */
export const moduleFunctions = new WeakSet<object>();

function isPlace(site: any): boolean {
  const fn = site.getFunction();
  return fn === undefined || fn === null;
}

/** The built-in functions of the language, by the names that V8 shows. */
const builtins = new WeakMap<object, string>();
for (const type of Object.getOwnPropertyNames(host.global)) {
  const value = host.global[type];
  if (typeof value !== 'function' && (typeof value !== 'object' || value === null || value === host.global)) continue;
  if (typeof value === 'function') builtins.set(value, /^[A-Z]/.test(type) ? `new ${type}` : type);
  for (const holder of [value, value.prototype]) {
    if (holder === undefined || holder === null || (typeof holder !== 'object' && typeof holder !== 'function')) continue;
    for (const key of Object.getOwnPropertyNames(holder)) {
      const member = getOwnPropertyDescriptor(holder, key)?.value;
      // These pass on, and V8 does not show them.
      const passes = key === 'call' || key === 'apply' || key === 'bind' || type === 'Reflect';
      if (typeof member === 'function' && !passes && !builtins.has(member)) builtins.set(member, `${type}.${key}`);
    }
  }
}

/** Frames of the glue and of its native functions stay out of stacks, as C++ frames do in Node. */
function visible(site: any): boolean {
  if (site.isNative()) return showGlue || builtins.has(site.getFunction());
  const path = site.getFileName();
  return showGlue || typeof path !== 'string' || !path.startsWith('glue:');
}

/** How many frames at the top are constructors that `new` ran for this error: V8 leaves them out. */
function constructors(error: any, sites: any[]): number {
  if (capturing) return 0;
  const made = getOwnPropertyDescriptor(getPrototypeOf(error) ?? {}, 'constructor')?.value;
  if (typeof made !== 'function') return 0;
  for (let i = 0; i < sites.length && i < 4; i += 1) if (sites[i].getFunction() === made) return i + 1;
  return 0;
}
let capturing = false;

host.engine.setStackFormatter((error, sites) => {
  // Engines may ask again when an error is thrown again: the first answer counts.
  if ((typeof error !== 'object' && typeof error !== 'function') || error === null || captured.has(error)) return null;
  const message = getOwnPropertyDescriptor(error, 'message')?.value;
  if (typeof message === 'string') {
    const words = translate(message, sites);
    if (words !== undefined) defineProperty(error, 'message', { value: words, writable: true, enumerable: false, configurable: true });
  }
  // A parser's error has a first entry for the place in the parsed text, which is no frame.
  const parsed = getPrototypeOf(error) === SyntaxError.prototype && sites.length > 0 && isPlace(sites[0]) ? sites[0] : undefined;
  const frames = (parsed === undefined ? sites : sites.slice(1)).slice(constructors(error, sites)).filter(visible);
  captured.set(error, { sites: frames, place: parsed, done: false });
  defineProperty(error, 'stack', { get: read, set: write, enumerable: false, configurable: true });
  return null;
});

/** The innermost frame of an error, whether or not its stack was read. */
export function topFrame(error: any): { file: string; line: number; column: number } | undefined {
  const state = captured.get(error);
  const site = state?.place ?? state?.sites[0];
  if (site !== undefined) return { file: site.getFileName(), line: site.getLineNumber(), column: site.getColumnNumber() };
  const stack = typeof error?.stack === 'string' ? error.stack : '';
  const match = /^ {4}at (?:.*\()?(.+?):(\d+):(\d+)\)?$/m.exec(stack);
  return match === null ? undefined : { file: match[1]!, line: Number(match[2]), column: Number(match[3]) };
}

const nativeCapture: (target: object, above?: unknown) => void = (Error as any).captureStackTrace;
Object.defineProperty(Error, 'captureStackTrace', {
  configurable: true, enumerable: false, writable: true,
  value: { captureStackTrace(target: object, above?: unknown): void {
    if ((typeof target !== 'object' && typeof target !== 'function') || target === null) {
      throw new TypeError(`Invalid argument`);
    }
    captured.delete(target);
    capturing = true;
    apply(nativeCapture, Error, [target, above ?? (Error as any).captureStackTrace]);
    capturing = false;
    const state = captured.get(target);
    if (state !== undefined) {
      delete (target as any).stack;
      defineProperty(target, 'stack', { get: read, set: write, enumerable: false, configurable: true });
    }
  } }.captureStackTrace,
});
const limit = Object.getOwnPropertyDescriptor(Error, 'stackTraceLimit')!;
if (limit.get !== undefined) limit.set!.call(Error, 10);
delete (Error as any).prepareStackTrace;
delete (Error.prototype as any).stack;
