// `vm` contexts: a realm of the engine whose global object mirrors the program's context object. V8 intercepts every access to
// the global; here keys are tied together by accessors, looked over before and after each script.

import { hideFunctionOrigin } from './function_origin';
import { contextGlobals } from './interpose/stack';
import { install as installIntl } from './intl/install';
import { isolateSymbols, privateSymbols } from './symbols';
import { exposed, installGc } from './v8_flags';

const { engine } = host;
const key = privateSymbols['contextify_context_private_symbol']!;
const noContextify = isolateSymbols['vm_context_no_contextify'];
const { defineProperty, getOwnPropertyDescriptor, ownKeys } = Reflect;

const CONSOLE = [
  'debug', 'error', 'info', 'log', 'warn', 'dir', 'dirxml', 'table', 'trace', 'group', 'groupCollapsed', 'groupEnd', 'clear', 'count',
  'countReset', 'assert', 'profile', 'profileEnd', 'time', 'timeLog', 'timeEnd', 'timeStamp', 'context',
];

class Context {
  readonly #realm: number;
  readonly #global: any;
  readonly #object: any;
  /** Keys that are tied by accessors. */
  readonly #tied = new Set<PropertyKey>();
  /** Values of `var`s and functions when they were last copied: these cannot be replaced by accessors. */
  readonly #copied = new Map<PropertyKey, unknown>();
  readonly #builtin: Set<PropertyKey>;

  constructor(object: any) {
    [this.#realm, this.#global] = engine.createRealm();
    contextGlobals.add(this.#global);
    for (const name of ['InternalError', 'performance', 'navigator', 'queueMicrotask', 'btoa', 'atob', 'DOMException', 'print', 'console']) {
      delete this.#global[name];
    }
    delete this.#global.Error.prepareStackTrace;
    hideFunctionOrigin(this.#global);
    delete this.#global.Error.prototype.stack;
    installIntl(this.#global);
    if (exposed.gc) installGc(this.#global);
    for (const name of ['Atomics', 'WebAssembly']) {
      defineProperty(this.#global, name, { value: host.global[name], writable: true, enumerable: false, configurable: true });
    }
    // V8's console of a context talks to an inspector only.
    const silent = Object.fromEntries(CONSOLE.map((name) => [name, { [name](): void {} }[name]]));
    defineProperty(this.#global, 'console', { value: silent, writable: true, enumerable: false, configurable: true });
    this.#object = object ?? this.#global;
    this.#builtin = new Set(ownKeys(this.#global));
  }

  get object(): object {
    return this.#object;
  }

  #before(): void {
    for (const name of ownKeys(this.#object)) {
      if (this.#copied.has(name)) {
        if (this.#object[name] !== this.#copied.get(name)) this.#global[name] = this.#object[name];
        continue;
      }
      if (!this.#tied.has(name)) this.#tie(name);
    }
  }

  #tie(name: PropertyKey): void {
    const object = this.#object;
    const done = defineProperty(this.#global, name, {
      get: () => object[name],
      set: (value) => { object[name] = value; },
      enumerable: getOwnPropertyDescriptor(object, name)?.enumerable ?? true,
      configurable: true,
    });
    if (done) this.#tied.add(name);
  }

  #after(): void {
    for (const name of ownKeys(this.#global)) {
      const descriptor = getOwnPropertyDescriptor(this.#global, name)!;
      if (descriptor.get !== undefined && this.#tied.has(name)) continue;
      if (this.#builtin.has(name)) continue;
      this.#object[name] = this.#global[name];
      if (descriptor.configurable) this.#tie(name);
      else this.#copied.set(name, this.#global[name]);
    }
  }

  run(source: string, fileName: string, lineOffset: number): unknown {
    const mirrors = this.#object !== this.#global;
    if (mirrors) this.#before();
    try {
      return engine.runInRealm(this.#realm, source, fileName, lineOffset);
    } finally {
      if (mirrors) this.#after();
    }
  }
}

/** As `ContextifyContext::MakeContext`. */
export function makeContext(object: any): object {
  if (object === noContextify) {
    const context = new Context(undefined);
    (context.object as any)[key] = context;
    return context.object;
  }
  object[key] = new Context(object);
  return object;
}

export function contextOf(object: any): Context {
  const context = object[key];
  if (context === undefined) throw new TypeError('the object is not a vm context');
  return context;
}
