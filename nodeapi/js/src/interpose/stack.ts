// `error.stack` as V8 has it: an own accessor, a header line, frames in V8's format, `Error.prepareStackTrace` and Node's callback,
// formatted when first read.

import { parse, translate } from './messages';

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
  getTypeName(): string | null { return typeName(this.#site); }
  getFunction(): unknown { return this.#site.getFunction?.() ?? undefined; }
  getFunctionName(): string | null { return name(this.#site); }
  getMethodName(): string | null { return methodName(this.#site); }
  getFileName(): string | undefined { return file(this.#site); }
  getLineNumber(): number | null { return this.#site.isNative() ? null : this.#site.getLineNumber(); }
  getColumnNumber(): number | null { return this.#site.isNative() ? null : this.#site.getColumnNumber(); }
  getEvalOrigin(): string | undefined { return evalOrigin(this.#site)?.replace(/, <anonymous>$/, ''); }
  getScriptNameOrSourceURL(): string | undefined { return file(this.#site); }
  getScriptHash(): string { return ''; }
  getEnclosingLineNumber(): number | null { return this.getLineNumber(); }
  getEnclosingColumnNumber(): number | null { return this.getColumnNumber(); }
  getPosition(): number { return 0; }
  getPromiseIndex(): number | null { return null; }
  isToplevel(): boolean { return isToplevel(this.#site); }
  isEval(): boolean { return evalOrigin(this.#site) !== undefined && name(this.#site) === 'eval'; }
  isNative(): boolean { return this.#site.isNative(); }
  isConstructor(): boolean { return this.#site.isConstructor(); }
  isAsync(): boolean { return this.#site.isAsync(); }
  isPromiseAll(): boolean { return false; }
  toString(): string {
    const site = this.#site;
    if (site.isNative()) {
      const called = builtins.get(site.getFunction()) ?? name(site) ?? 'native';
      return `${site.isConstructor() ? 'new ' : ''}${called} (<anonymous>)`;
    }
    const at = `${file(site) ?? evalOrigin(site) ?? '<anonymous>'}:${site.getLineNumber()}:${site.getColumnNumber()}`;
    const called = shownName(site);
    const text = called === null ? at : `${called} (${at})`;
    return site.isAsync() ? `async ${text}` : text;
  }
}

/** As `SerializeJSStackFrame`: what stands before the place. */
function shownName(site: any): string | null {
  const fn = name(site);
  if (site.isConstructor()) return `new ${fn ?? '<anonymous>'}`;
  if (isToplevel(site) || (fn !== null && /^(?:[gs]et |#)/.test(fn))) return fn;
  const type = typeName(site);
  const method = methodName(site);
  if (fn === null) return `${type}.${method ?? '<anonymous>'}`;
  const start = type === null || fn.startsWith(`${type}.`) ? '' : `${type}.`;
  const ends = method === null || fn === method || fn.endsWith(`.${method}`) || fn.endsWith(` ${method}`);
  return `${start}${fn}${ends ? '' : ` [as ${method}]`}`;
}

/** The global objects of `vm` contexts. */
export const contextGlobals = new WeakSet<object>();

function isToplevel(site: any): boolean {
  const receiver = site.getThis();
  if (receiver === undefined || receiver === null || receiver === host.global) return true;
  return contextGlobals.has(receiver);
}

/** As `JSReceiver::GetConstructorName`, without running code of the program. */
function typeName(site: any): string | null {
  const receiver = site.getThis();
  if (receiver === undefined || receiver === null) return null;
  if (typeof receiver === 'function') {
    const own = getOwnPropertyDescriptor(receiver, 'name')?.value;
    return typeof own === 'string' && own !== '' ? own : 'Function';
  }
  let tag: unknown;
  for (let at: any = Object(receiver); at !== null; at = getPrototypeOf(at)) {
    if (host.engine.proxyDetails(at) !== undefined) return 'Object';
    const own = getOwnPropertyDescriptor(at, 'constructor');
    // Node's library hides `Module` behind a getter that only gives it.
    const made = own?.get !== undefined && own.set === undefined && own.configurable === false ? own.get() : own?.value;
    if (typeof made === 'function') {
      const text = getOwnPropertyDescriptor(made, 'name')?.value;
      if (typeof text === 'string' && text !== '') return text;
    }
    tag ??= getOwnPropertyDescriptor(at, Symbol.toStringTag)?.value;
  }
  return typeof tag === 'string' ? tag : 'Object';
}

/** The one name under which the receiver has the function. */
function methodName(site: any): string | null {
  const receiver = site.getThis();
  const fn = site.getFunction();
  if (receiver === undefined || receiver === null || typeof fn !== 'function') return null;
  const is = (holder: object, key: PropertyKey): boolean => {
    const own = getOwnPropertyDescriptor(holder, key);
    return own !== undefined && (own.value === fn || own.get === fn || own.set === fn);
  };
  const chain: object[] = [];
  for (let at: any = Object(receiver); at !== null && chain.length < 32; at = getPrototypeOf(at)) {
    if (host.engine.proxyDetails(at) !== undefined) return null;
    chain.push(at);
  }
  const own = name(site)?.replace(/^[gs]et /, '');
  if (own !== undefined) for (const holder of chain) if (is(holder, own)) return own;
  let found: string | null = null;
  for (const holder of chain) {
    for (const key of Object.getOwnPropertyNames(holder)) {
      if (!is(holder, key)) continue;
      if (found !== null && found !== key) return null;
      found = key;
    }
  }
  return found;
}

function name(site: any): string | null {
  const text = site.getFunctionName();
  // V8 calls code that `eval` ran, and functions without a name in it, `eval`.
  if (evalOrigin(site) !== undefined && (!text || text === '<eval>' || text === 'anonymous')) return 'eval';
  return text === null || text === undefined || text === '' || text === '<anonymous>' || text === '<eval>' ? null : text;
}

function file(site: any): string | undefined {
  return site.isNative() || evalOrigin(site) !== undefined ? undefined : site.getFileName() ?? undefined;
}

/** Of code that `eval` or `new Function` made, where they were called: the engine says so in the place of a file's name. */
function evalOrigin(site: any): string | undefined {
  const path = site.isNative() ? undefined : site.getFileName();
  return typeof path === 'string' && path.startsWith('eval at ') ? path : undefined;
}

function isPlace(site: any): boolean {
  const fn = site.getFunction();
  return fn === undefined || fn === null;
}

/** The built-in functions of the language, by the names that V8 shows. */
const builtins = new WeakMap<object, string>();
for (const type of Object.getOwnPropertyNames(host.global)) {
  const value = host.global[type];
  if (typeof value !== 'function' && (typeof value !== 'object' || value === null || value === host.global)) continue;
  if (typeof value === 'function') builtins.set(value, type);
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

// The program's `JSON.parse` is the glue's, which calls this one.
builtins.set(parse, 'JSON.parse');

/** Frames of the glue and of its native functions stay out of stacks, as C++ frames do in Node. */
function visible(site: any): boolean {
  if (site.isNative()) return showGlue || builtins.has(site.getFunction());
  const path = site.getFileName();
  return showGlue || typeof path !== 'string' || !path.startsWith('glue:');
}

/** How many frames at the top are constructors that `new` ran for this error: V8 leaves them out. */
function constructors(error: any, sites: any[]): number {
  if (capturing) return 0;
  const prototype = getPrototypeOf(error);
  if (prototype === null) return 0;
  const made = getOwnPropertyDescriptor(prototype, 'constructor')?.value;
  for (let i = 0; i < sites.length && i < 4; i += 1) {
    const called = sites[i].getFunction();
    if (typeof called !== 'function') continue;
    // Node's own errors say that their constructor is another one: whose prototype it is counts as well.
    if (called === made || getOwnPropertyDescriptor(called, 'prototype')?.value === prototype) return i + 1;
  }
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
  const limit = Error.stackTraceLimit as unknown;
  const isLimited = typeof limit === 'number';
  if (isLimited && frames.length > limit) frames.length = Math.max(0, Math.floor(limit));
  // Without a limit V8 keeps no stack at all.
  captured.set(error, { sites: frames, place: parsed, done: !isLimited });
  defineProperty(error, 'stack', { get: read, set: write, enumerable: false, configurable: true });
  return null;
});

/** The files of the callers, innermost first. */
export function callerFiles(): string[] {
  const sites = captured.get(new Error())?.sites ?? [];
  return sites.map(file).filter((path) => path !== undefined);
}

/** The innermost frame of an error, whether or not its stack was read. */
export function topFrame(error: any): { file: string; line: number; column: number } | undefined {
  const state = captured.get(error);
  const site = state?.place ?? state?.sites[0];
  if (site !== undefined) return { file: site.getFileName(), line: site.getLineNumber(), column: site.getColumnNumber() };
  const stack = typeof error?.stack === 'string' ? error.stack : '';
  const match = /^ {4}at (?:.*\()?(.+?):(\d+):(\d+)\)?$/m.exec(stack);
  return match === null ? undefined : { file: match[1]!, line: Number(match[2]), column: Number(match[3]) };
}

// The engine counts frames that are left out here, so it gets room for them.
const HIDDEN_FRAMES = 24;
let frameLimit: unknown = 10;

/** Gives the errors of a realm V8's way of having stacks. */
export function installStacks(RealmError: any): void {
  const nativeCapture: (target: object, above?: unknown) => void = RealmError.captureStackTrace;
  const nativeLimit = getOwnPropertyDescriptor(RealmError, 'stackTraceLimit')!;
  defineProperty(RealmError, 'captureStackTrace', {
    configurable: true, enumerable: false, writable: true,
    value: { captureStackTrace(target: object, above?: unknown): void {
      if ((typeof target !== 'object' && typeof target !== 'function') || target === null) {
        throw new TypeError(`Invalid argument`);
      }
      captured.delete(target);
      capturing = true;
      apply(nativeCapture, RealmError, [target, above ?? RealmError.captureStackTrace]);
      capturing = false;
      const state = captured.get(target);
      if (state !== undefined) {
        delete (target as any).stack;
        defineProperty(target, 'stack', { get: read, set: write, enumerable: false, configurable: true });
      }
    } }.captureStackTrace,
  });
  const limitAccess = {
    get stackTraceLimit(): unknown { return frameLimit; },
    set stackTraceLimit(value: unknown) {
      frameLimit = value;
      apply(nativeLimit.set!, RealmError, [typeof value === 'number' && value > 0 ? value + HIDDEN_FRAMES : value]);
    },
  };
  limitAccess.stackTraceLimit = frameLimit;
  defineProperty(RealmError, 'stackTraceLimit', { ...getOwnPropertyDescriptor(limitAccess, 'stackTraceLimit'), enumerable: true, configurable: true });
  delete RealmError.prepareStackTrace;
  delete RealmError.prototype.stack;
}
installStacks(Error);
