// `vm` contexts: a realm of the engine whose global object is a view of the program's context object.

import { forbidStrings } from './code_generation';
import { hideFunctionOrigin } from './function_origin';
import { contextGlobals, installStacks } from './interpose/stack';
import { install as installIntl } from './intl/install';
import { isolateSymbols, privateSymbols } from './symbols';
import { silentConsole } from './v8_console';
import { exposed, installGc } from './v8_flags';
import { Mirror } from './vm_mirror';

const { engine } = host;
const key = privateSymbols['contextify_context_private_symbol']!;
const noContextify = isolateSymbols['vm_context_no_contextify'];
const { defineProperty } = Reflect;

class Context {
  readonly realm: number;
  readonly #object: any;
  readonly #mirror: Mirror | undefined;

  constructor(object: any, allowsStrings: boolean) {
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
    defineProperty(global, 'console', { value: silentConsole(), writable: true, enumerable: false, configurable: true });
    if (!allowsStrings) forbidStrings(global);
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
export function makeContext(object: any, _name?: string, _origin?: string, allowsStrings = true): object {
  if (object === noContextify) {
    const context = new Context(undefined, allowsStrings);
    (context.object as any)[key] = context;
    return context.object;
  }
  object[key] = new Context(object, allowsStrings);
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
