// Boots a realm: what src/api/environment.cc (per_context), src/node_realm.cc and src/node.cc (bootstrap) do.

import { completeConsole } from './v8_console';
import { complete, hasBinding, processShape } from './oracle';
import { internals } from './fatal';
import { isolateSymbols, privateSymbols } from './symbols';

const INTERNAL = ['process', 'require', 'internalBinding', 'primordials'];

/** As `BuiltinLoader::LookupAndCompile`. */
function parameters(id: string): string[] {
  if (id === 'internal/bootstrap/realm') return ['process', 'getLinkedBinding', 'getInternalBinding', 'primordials'];
  if (id.startsWith('internal/per_context/')) return ['exports', 'primordials', 'privateSymbols', 'perIsolateSymbols'];
  if (id.startsWith('internal/main/') || id.startsWith('internal/bootstrap/')) return INTERNAL;
  return ['exports', 'require', 'module', 'process', 'internalBinding', 'primordials'];
}

/** Compiles a module of Node's library. */
export function compileBuiltin(id: string): (...args: any[]) => any {
  return host.loadGlue('typescript').adapted(id, () => {
    const source = host.ops.program_source(`node:${id}`);
    if (source === undefined) throw new Error(`No such built-in module: ${id}`);
    const compiled = host.engine.compileFunction(source, `node:${id}`, parameters(id), 0);
    return id === 'v8' ? withCoverage(compiled) : compiled;
  });
}

/**
 * `v8.takeCoverage` and `stopCoverage`, which the library takes from the inspector: without `NODE_V8_COVERAGE` they do nothing in Node, and with
 * it a process without an inspector has warned at its start that nothing is collected.
 */
function withCoverage(compiled: (...args: any[]) => any): (...args: any[]) => any {
  return (exports, require, module, ...rest) => {
    compiled(exports, require, module, ...rest);
    module.exports.takeCoverage ??= { takeCoverage(): void {} }.takeCoverage;
    module.exports.stopCoverage ??= { stopCoverage(): void {} }.stopCoverage;
  };
}

/** What the library's loaders gave back: `setInternalLoaders`. */
export const loaders: { internalBinding?: (name: string) => any; require?: (id: string) => any } = {};

export const primordials: any = {};
/** Filled by per_context/*. */
export const perContext: any = {};
export const process: any = createProcess();

const bindings = new Map<string, object>();

/** The binding of this name, made when first asked for. */
export function getInternalBinding(name: string): any {
  let binding = bindings.get(name);
  if (binding === undefined) {
    if (host.hasGlue(`bindings/${name}`)) {
      binding = complete(name, host.loadGlue(`bindings/${name}`).create());
    } else if (hasBinding(name)) {
      binding = complete(name, {});
    } else {
      const error: any = new Error(`No such binding: ${name}`);
      error.code = 'ERR_INVALID_MODULE';
      throw error;
    }
    bindings.set(name, binding!);
  }
  return binding;
}

function getLinkedBinding(name: string): never {
  const error: any = new Error(`No such binding: ${name}`);
  error.code = 'ERR_INVALID_MODULE';
  throw error;
}

function createProcess(): any {
  const constructor = { process: function() {} }.process as any;
  const object = new constructor();
  object[privateSymbols.exit_info_private_symbol!] = new Int32Array(3);
  const fixed = (name: string, value: unknown): void => {
    Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: false });
  };
  fixed('version', processShape.version);
  fixed('versions', Object.freeze({ ...processShape.versions, webcontainer: '1.0.0' }));
  fixed('arch', 'x64');
  fixed('platform', 'linux');
  fixed('release', { ...processShape.release });
  return object;
}

/** Runs a module of the library that takes `process, require, internalBinding, primordials`. */
export function runInternal(id: string): any {
  return compileBuiltin(id)(process, loaders.require, loaders.internalBinding, primordials);
}

export function bootRealm(): void {
  for (const id of ['primordials', 'domexception', 'messageport']) {
    compileBuiltin(`internal/per_context/${id}`)(perContext, primordials, privateSymbols, isolateSymbols);
  }
  internals.process = process;
  compileBuiltin('internal/bootstrap/realm')(process, getLinkedBinding, getInternalBinding, primordials);
  internals.require = loaders.require!;
  for (const id of [
    'internal/bootstrap/node',
    'internal/bootstrap/web/exposed-wildcard',
    'internal/bootstrap/web/exposed-window-or-worker',
    'internal/bootstrap/switches/is_main_thread',
    'internal/bootstrap/switches/does_own_process_state',
  ]) {
    runInternal(id);
  }
  completeConsole(host.global.console);
}
