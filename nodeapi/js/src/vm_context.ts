// `vm` contexts: a realm of the engine whose global object is a view of the program's context object.

import { hideFunctionOrigin } from './function_origin';
import { contextGlobals, installStacks } from './interpose/stack';
import { install as installIntl } from './intl/install';
import { isolateSymbols, privateSymbols } from './symbols';
import { exposed, installGc } from './v8_flags';
import { Mirror } from './vm_mirror';

const { engine } = host;
const key = privateSymbols['contextify_context_private_symbol']!;
const noContextify = isolateSymbols['vm_context_no_contextify'];
const { defineProperty } = Reflect;

const CONSOLE = [
  'debug', 'error', 'info', 'log', 'warn', 'dir', 'dirxml', 'table', 'trace', 'group', 'groupCollapsed', 'groupEnd', 'clear', 'count',
  'countReset', 'assert', 'profile', 'profileEnd', 'time', 'timeLog', 'timeEnd', 'timeStamp', 'context',
];

class Context {
  readonly realm: number;
  readonly #object: any;
  readonly #mirror: Mirror | undefined;

  constructor(object: any) {
    const [realm, global] = engine.createRealm();
    for (const name of ['InternalError', 'performance', 'navigator', 'queueMicrotask', 'btoa', 'atob', 'DOMException', 'print', 'console']) {
      delete global[name];
    }
    installStacks(global.Error);
    hideFunctionOrigin(global);
    installIntl(global);
    if (exposed.gc) installGc(global);
    for (const name of ['Atomics', 'WebAssembly']) {
      defineProperty(global, name, { value: host.global[name], writable: true, enumerable: false, configurable: true });
    }
    // V8's console of a context talks to an inspector only.
    const silent = Object.fromEntries(CONSOLE.map((name) => [name, { [name](): void {} }[name]]));
    defineProperty(global, 'console', { value: silent, writable: true, enumerable: false, configurable: true });
    this.realm = realm;
    this.#object = object ?? global;
    contextGlobals.add(global);
    if (object !== undefined && engine.viewGlobal !== undefined) contextGlobals.add(engine.viewGlobal(realm, object));
    else if (object !== undefined) this.#mirror = new Mirror(global, object);
  }

  get object(): object {
    return this.#object;
  }

  run(source: string, fileName: string, lineOffset: number): unknown {
    const run = (): unknown => engine.runInRealm(this.realm, source, fileName, lineOffset);
    return this.#mirror === undefined ? run() : this.#mirror.during(run);
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

/** The realm of a context object; `undefined` for this one. */
export function realmOf(object: unknown): number | undefined {
  return object === undefined || object === null ? undefined : contextOf(object).realm;
}
