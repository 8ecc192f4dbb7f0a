// ECMAScript modules: ModuleWrap over the engine's module numbers.

import { constant } from '../oracle';
import { isolateSymbols, privateSymbols } from '../symbols';
import { remember, text } from '../sources';
import { callerFiles } from '../interpose/stack';
import { realmOf } from '../vm_context';
import { watched } from '../watchdog';
import { importSymbols, magic } from './contextify';

const { engine } = host;
const hostDefined = privateSymbols['host_defined_option_symbol']!;
const kEvaluationPhase: number = constant('module_wrap', 'kEvaluationPhase');
const kSourcePhase: number = constant('module_wrap', 'kSourcePhase');
const STATUS = { kUninstantiated: 0, kInstantiating: 1, kInstantiated: 2, kEvaluating: 3, kEvaluated: 4, kErrored: 5 };

/** The engine's class of namespace objects. */
let namespaceClass: number | undefined;

function sampleNamespace(): object {
  const id = engine.moduleCompile('', 'glue:sample.mjs');
  engine.moduleLink(id, []);
  engine.moduleInstantiate(id);
  return engine.moduleNamespace(id);
}

export const moduleNamespaces = {
  is: (value: unknown): boolean =>
    typeof value === 'object' && value !== null && engine.classId(value) === (namespaceClass ??= engine.classId(sampleNamespace())),
};

let importCallback: ((symbol: symbol | undefined, specifier: string, phase: number, attributes: object, referrer: unknown) => unknown) | undefined;
let metaCallback: ((symbol: symbol, meta: object, wrap: ModuleWrap) => void) | undefined;

/** The engine puts the phase of an import among its attributes. */
const PHASE = '%phase';

function phaseOf(given: Record<string, string> | undefined): [number, object] {
  const attributes: any = nullObject(given);
  const phase = attributes[PHASE] === 'source' ? kSourcePhase : kEvaluationPhase;
  delete attributes[PHASE];
  return [phase, attributes];
}

function nullObject(source: Record<string, string> | undefined): object {
  return Object.assign(Object.create(null), source);
}

class ModuleWrap {
  #id: number;
  #linked: ModuleWrap[] = [];
  /** Those that only their source objects are imported of. */
  #sources: ModuleWrap[] = [];
  #synthetic: boolean;
  #symbol: symbol;
  #instantiated = false;
  #usesMeta = false;
  /** Exports of a synthetic module that have no value yet. */
  #unset: Set<string> | undefined;
  #sourceObject: unknown;
  #promise: Promise<void> | undefined;
  declare url: string;
  declare hasTopLevelAwait?: boolean;
  declare sourceMapURL?: string;
  declare sourceURL?: string;

  constructor(url: string, context: unknown, source: string | string[], lineOrEvaluate: any, columnOrModule?: unknown, symbol?: unknown) {
    this.#synthetic = Array.isArray(source);
    this.#symbol = typeof symbol === 'symbol' ? symbol : Symbol(url);
    define(this, 'url', url);
    (this as any)[hostDefined] = this.#symbol;
    if (Array.isArray(source)) {
      this.#unset = new Set(source);
      this.#id = engine.moduleSynthetic(url, source, () => {
        // What is never set is undefined.
        for (const name of this.#unset!) engine.moduleSetExport(this.#id, name, undefined);
        Reflect.apply(lineOrEvaluate, this, [this]);
      });
      if (columnOrModule !== undefined) define(this, isolateSymbols['imported_cjs_symbol']!, columnOrModule);
    } else {
      this.#id = engine.moduleCompile(source, url, realmOf(context));
      // The grammar lets spaces and comments stand between the words (`import /* … */.meta`), but no escapes inside them.
      this.#usesMeta = /\bmeta\b/.test(source);
      importSymbols.set(url, this.#symbol);
      define(this, 'hasTopLevelAwait', engine.moduleIsAsync(this.#id));
      define(this, 'sourceMapURL', magic(source, 'sourceMappingURL'));
      define(this, 'sourceURL', magic(source, 'sourceURL'));
      if (url.includes('[eval')) remember(url, source);
    }
  }

  getModuleRequests(): object[] {
    const list = engine.moduleRequests(this.#id).map(([specifier, given]) => {
      const [phase, attributes] = phaseOf(given);
      return Object.freeze({ specifier, attributes: Object.freeze(attributes), phase, __proto__: null } as any);
    });
    return Object.freeze(list) as object[];
  }

  link(given: ArrayLike<ModuleWrap>): void {
    // `vm` gives a list without an iterator.
    const modules = Array.from({ length: given.length }, (_, at) => given[at]!);
    const requests = engine.moduleRequests(this.#id);
    const isSource = (at: number): boolean => phaseOf(requests[at]?.[1])[0] === kSourcePhase;
    this.#linked = modules.filter((_, at) => !isSource(at));
    this.#sources = modules.filter((_, at) => isSource(at));
    engine.moduleLink(this.#id, modules.map((module, at) => (isSource(at) ? module.#facade() : module.#id)));
  }

  /** A module whose default export is the source object of this one: what `import source` is linked with. */
  #facade(): number {
    const id = engine.moduleSynthetic(this.url, ['default'], () => {
      engine.moduleSetExport(id, 'default', this.getModuleSourceObject());
    });
    return id;
  }

  instantiate(): void {
    this.#prepare(new Set());
    try {
      engine.moduleInstantiate(this.#id);
    } catch (error) {
      throw this.#worded(error);
    }
  }

  /** V8's words for an import that its module does not export: they name the specifier. */
  #worded(error: any): unknown {
    const match = /^Could not find export '(.*)' in module '(.*)'$/.exec(error?.message ?? '');
    if (match === null) return error;
    const name = match[1]!;
    // The engine cuts names of modules short.
    const target = match[2]!;
    const seen = new Set<ModuleWrap>();
    const search = (module: ModuleWrap): [ModuleWrap, string] | undefined => {
      if (seen.has(module)) return undefined;
      seen.add(module);
      const source = text(module.url);
      const requests = engine.moduleRequests(module.#id);
      const at = module.#linked.findIndex((other, i) => (other.url.startsWith(target) || other.url.endsWith(`/${target}`)) &&
        (source === undefined || (source.includes(name) && source.includes(requests[i]?.[0] ?? ''))));
      if (at >= 0) return [module, requests[at]![0]];
      for (const other of module.#linked) {
        const found = search(other);
        if (found !== undefined) return found;
      }
      return undefined;
    };
    const [importer, specifier] = search(this) ?? [undefined, target];
    error.message = `The requested module '${specifier}' does not provide an export named '${name}'`;
    // Node's loader reads the import statement from the line that V8 puts before the stack.
    const lines: string[] = importer === undefined ? [] : text(importer.url)?.split('\n') ?? [];
    const at = lines.findIndex((line) => line.includes(specifier) && line.includes(name));
    if (at >= 0) {
      const column = Math.max(0, lines[at]!.indexOf(name));
      error[privateSymbols['arrow_message_private_symbol']!] =
        `${importer!.url}:${at + 1}\n${lines[at]}\n${' '.repeat(column)}${'^'.repeat(name.length)}\n`;
    }
    return error;
  }

  /** `import.meta` of the whole graph: the engine has no callback for the first use of it. */
  #prepare(seen: Set<ModuleWrap>): void {
    if (seen.has(this) || this.#instantiated) return;
    seen.add(this);
    for (const module of this.#sources) module.getModuleSourceObject();
    this.#instantiated = true;
    if (this.#usesMeta) {
      const meta = engine.moduleImportMeta(this.#id);
      metaCallback?.(this.#symbol, meta, this);
    }
    for (const module of this.#linked) module.#prepare(seen);
  }

  get hasAsyncGraph(): boolean {
    return this.#isAsync(new Set());
  }

  #isAsync(seen: Set<ModuleWrap>): boolean {
    if (seen.has(this)) return false;
    seen.add(this);
    if (!this.#synthetic && engine.moduleIsAsync(this.#id)) return true;
    return this.#linked.some((module) => module.#isAsync(seen));
  }

  evaluate(timeout: number, breakOnSigint: boolean): Promise<void> {
    this.#promise = watched(() => engine.moduleEvaluate(this.#id), timeout, breakOnSigint);
    return this.#promise;
  }

  /** Evaluates a graph without top-level await; gives the namespace. */
  evaluateSync(): unknown {
    const promise = engine.moduleEvaluate(this.#id);
    this.#promise = promise;
    const [state, result] = engine.promiseDetails(promise)!;
    if (state === 2) {
      engine.markPromiseHandled(promise);
      throw result;
    }
    if (this.hasAsyncGraph) {
      const error: any = new Error('require() cannot be used on an ESM graph with top-level await. Use import() instead. ' +
        'To see where the top-level await comes from, use --experimental-print-required-tla.');
      error.code = 'ERR_REQUIRE_ASYNC_MODULE';
      engine.markPromiseHandled(promise);
      throw error;
    }
    return this.getNamespace();
  }

  getNamespace(): unknown {
    return engine.moduleNamespace(this.#id);
  }

  getStatus(): number {
    if (engine.moduleError(this.#id) !== undefined) return STATUS.kErrored;
    switch (engine.moduleStatus(this.#id)) {
      case 0: return STATUS.kUninstantiated;
      case 1: return STATUS.kInstantiating;
      case 2: return STATUS.kInstantiated;
      case 3: return STATUS.kEvaluating;
      default: return STATUS.kEvaluated;
    }
  }

  getError(): unknown {
    return engine.moduleError(this.#id)?.[0];
  }

  setExport(name: string, value: unknown): void {
    this.#unset?.delete(name);
    engine.moduleSetExport(this.#id, name, value);
  }

  setModuleSourceObject(object: unknown): void {
    this.#sourceObject = object;
  }

  /** What `import source` gives. */
  getModuleSourceObject(): unknown {
    if (this.#sourceObject !== undefined) return this.#sourceObject;
    const error: any = new SyntaxError(`Source phase import object is not defined for module '${this.url}'`);
    error.code = 'ERR_SOURCE_PHASE_NOT_DEFINED';
    throw error;
  }

  createCachedData(): Uint8Array {
    return host.loadGlue('bindings/buffer').asBuffer(new Uint8Array(0));
  }
}

function define(object: object, name: PropertyKey, value: unknown): void {
  Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
}

/** The file that code of `eval` and `Function` was made in, from the name that the engine gives it: V8's, or none. */
function maker(name: string): string | undefined {
  const called = /^(?:eval at .*? \()+(.*?):\d+:\d+\)/.exec(name)?.[1];
  return name === '<input>' || called === '<input>' ? callerFiles().find((path) => importSymbols.has(path)) : called;
}

engine.setImportCallback((referrer, specifier, attributes) => {
  if (importCallback === undefined) throw new Error('import() before the module loader is ready');
  let from = referrer;
  // Code that was made from text (`new Function`, `eval`) imports as the script does that made it.
  from = (from === null ? undefined : maker(from)) ?? from;
  const symbol = from === null ? undefined : importSymbols.get(from);
  const [phase, own] = phaseOf(attributes);
  return importCallback(symbol ?? isolateSymbols['vm_dynamic_import_default_internal'], specifier, phase, own, from);
});

export function create(): object {
  return {
    ...STATUS,
    ModuleWrap,
    setImportModuleDynamicallyCallback(fn: typeof importCallback): void { importCallback = fn; },
    setInitializeImportMetaObjectCallback(fn: typeof metaCallback): void { metaCallback = fn; },
    throwIfPromiseRejected(promise: unknown): void {
      const details = engine.promiseDetails(promise);
      if (details?.[0] === 2) throw details[1];
    },
    createRequiredModuleFacade(wrap: ModuleWrap): unknown {
      const source = "export * from 'original'; export { default } from 'original'; export const __esModule = true;";
      const facade = new ModuleWrap('node:internal/require_module_default_facade', undefined, source, 0, 0, undefined);
      facade.link(facade.getModuleRequests().map(() => wrap));
      facade.instantiate();
      facade.evaluate(-1, false);
      return facade.getNamespace();
    },
  };
}
