// Scripts and functions: `vm`, the CommonJS loader. Contexts are realms, see `vm_context.ts`.

import { isNativeError } from '../class_ids';
import { loaders } from '../realm';
import { remember, text } from '../sources';
import { isolateSymbols, privateSymbols } from '../symbols';
import { contextOf, makeContext, realmOf } from '../vm_context';
import { traced } from '../tracing';
import { startSigintWatchdog, stopSigintWatchdog, watched, watchdogHasPendingSigint } from '../watchdog';

const { engine } = host;
const hostDefined = privateSymbols['host_defined_option_symbol']!;

/** The symbol that `import()` in a file of this name carries. */
export const importSymbols = new Map<string, symbol>();

const CJS_PARAMETERS = ['exports', 'require', 'module', '__filename', '__dirname'];

/** Comments like `//# sourceMappingURL=…`: the last one counts, and what looks like one inside of a template is none. */
export function magic(source: string, name: string): string | undefined {
  const at = Math.max(source.lastIndexOf(`//# ${name}=`), source.lastIndexOf(`//@ ${name}=`));
  if (at < 0) return undefined;
  const match = /^\/\/[#@] \w+=([^\s'"]+)[^\S\n]*(?:\n|$)/.exec(source.slice(at));
  return match === null || inTemplate(source, at) ? undefined : match[1];
}

const QUOTED = /`|\\.|\/\/.*|\/\*[^]*?\*\/|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/g;

function inTemplate(source: string, at: number): boolean {
  // A template that is open there ends behind it.
  if (!source.includes('`', at)) return false;
  let inside = false;
  for (const { 0: text, index } of source.matchAll(QUOTED)) {
    if (index >= at) break;
    if (text === '`') inside = !inside;
  }
  return inside;
}

const TOKEN = /^(?:[\w$#\u0080-\uffff]+|(['"])(?:\\.|(?!\1).)*\1?|`|=>|\.\.\.|>{2,3}=?|<<=?|[=!]==?|\*\*=?|&&=?|\|\|=?|\?\?=?|\?\.|\+\+|--|[-+*/%&|^<>]=|.)/;

/** What V8 underlines: the token that the parser refused. The engine may only know the one after it. */
function culprit(error: any, source: string, frame: { line: number; column: number }): { line: string; number: number; column: number; span: number } {
  const lines = source.split('\n');
  // Behind the last line is what the engine wraps a CommonJS module in.
  if (frame.line > lines.length || error.message === 'Unexpected end of input') {
    error.message = 'Unexpected end of input';
    const last = lines.at(-1)!;
    return { line: last, number: lines.length, column: last.length, span: 0 };
  }
  const line = lines[frame.line - 1]!;
  let column = Math.max(0, Math.min(frame.column - 1, line.length));
  const named = /^Identifier '(.+)' has already been declared$/.exec(error.message)?.[1] ?? /^(await) is only valid/.exec(error.message)?.[1];
  if (named !== undefined && !line.startsWith(named, column)) {
    const before = line.lastIndexOf(named, column);
    if (before >= 0) column = before;
  }
  return { line, number: frame.line, column, span: TOKEN.exec(line.slice(column))?.[0].length ?? 0 };
}

const arrowMessage = privateSymbols['arrow_message_private_symbol']!;
const decorated = privateSymbols['decorated_private_symbol']!;

/** Where an error was thrown. */
function thrown(source: string, frame: { line: number; column: number }): ReturnType<typeof culprit> {
  const line = source.split('\n')[frame.line - 1] ?? '';
  return { line, number: frame.line, column: Math.max(0, Math.min(frame.column - 1, line.length)), span: 1 };
}

/** Notes at an error where it was thrown, as `AppendExceptionLine`. `source`: that of the file that is known anyway. */
function note(error: any, fileName: string, source: string): void {
  if (typeof error !== 'object' || error === null || error[arrowMessage] !== undefined) return;
  try {
    const frame = host.loadGlue('interpose/stack').topFrame(error);
    if (frame === undefined) return;
    const known = frame.file === fileName ? source : text(frame.file);
    if (known === undefined) return;
    const at = isNativeError(error) && error.name === 'SyntaxError' ? culprit(error, known, frame) : thrown(known, frame);
    error[arrowMessage] =
      `${frame.file}:${at.number}\n${at.line}\n${at.line.slice(0, at.column).replace(/[^\t]/g, ' ')}${'^'.repeat(at.span)}\n`;
  } catch { /* the error itself matters more */ }
}

/** Notes where a SyntaxError is. */
function decorate(error: any, fileName: string, source: string): any {
  if (isNativeError(error) && error.name === 'SyntaxError') note(error, fileName, source);
  return error;
}

/** Puts where an error was thrown before its stack, once: `DecorateErrorStack`. */
function decorateStack(error: any, fileName: string, source: string): void {
  if (!isNativeError(error) || error[decorated] === true) return;
  note(error, fileName, source);
  let stack: unknown;
  try {
    ({ stack } = error);
  } catch {
    // A program's `prepareStackTrace` has failed: the error is told as it is.
    return;
  }
  if (typeof stack !== 'string' || error[arrowMessage] === undefined) return;
  error.stack = `${error[arrowMessage]}\n${stack}`;
  error[decorated] = true;
}

/** What stands for compiled code: enough to tell whose it is, as the engine compiles in less time than it would load code. */
function cacheOf(source: string): Uint8Array {
  const cache = new DataView(new ArrayBuffer(16));
  let hash = 0x811c9dc5;
  for (let i = 0; i < source.length; i += 1) hash = Math.imul(hash ^ source.charCodeAt(i), 0x01000193);
  cache.setUint32(0, CACHE_MAGIC);
  cache.setUint32(4, source.length);
  cache.setInt32(8, hash);
  return host.loadGlue('bindings/buffer').asBuffer(new Uint8Array(cache.buffer));
}
const SCRIPTS = 'node,node.vm,node.vm.script';
const CACHE_MAGIC = 0x6f616331;

function isCacheOf(given: any, source: string): boolean {
  if (!ArrayBuffer.isView(given)) return false;
  const bytes = new Uint8Array(given.buffer, given.byteOffset, given.byteLength);
  const wanted = cacheOf(source);
  return bytes.length === wanted.length && wanted.every((byte, i) => bytes[i] === byte);
}

class ContextifyScript {
  #script: number;
  #source: [string, string, number];
  declare cachedData?: Uint8Array;
  declare cachedDataProduced?: boolean;
  declare cachedDataRejected?: boolean;
  declare sourceMapURL?: string;
  declare sourceURL?: string;

  constructor(
    source: string, fileName: string, lineOffset = 0, _columnOffset?: number, cachedData?: unknown, produce?: boolean,
    parsingContext?: unknown, symbol?: symbol,
  ) {
    void parsingContext;
    this.#source = [source, fileName, lineOffset];
    try {
      this.#script = traced(SCRIPTS, 'ContextifyScript::New', () => engine.compileScript(source, fileName, lineOffset));
    } catch (error) {
      throw decorate(error, fileName, source);
    }
    remember(fileName, source);
    const id = typeof symbol === 'symbol' ? symbol : Symbol(fileName);
    (this as any)[hostDefined] = id;
    importSymbols.set(fileName, id);
    if (cachedData !== undefined) this.cachedDataRejected = !isCacheOf(cachedData, source);
    if (produce === true) {
      this.cachedData = cacheOf(source);
      this.cachedDataProduced = true;
    }
    this.sourceMapURL = magic(source, 'sourceMappingURL');
    this.sourceURL = magic(source, 'sourceURL');
  }

  runInContext(context: unknown, timeout: number, displayErrors: boolean, breakOnSigint: boolean): unknown {
    const run = (): unknown => traced(SCRIPTS, 'RunInContext', () => (context !== null && context !== undefined ? contextOf(context).run(...this.#source) : engine.runScript(this.#script)));
    if (!displayErrors) return watched(run, timeout, breakOnSigint);
    try {
      return watched(run, timeout, breakOnSigint);
    } catch (error) {
      decorateStack(error, this.#source[1], this.#source[0]);
      throw error;
    }
  }

  createCachedData(): Uint8Array {
    return cacheOf(this.#source[0]);
  }
}

function compileFunction(
  source: string, fileName: string, lineOffset: number, _columnOffset: number, cached: unknown, produce: boolean,
  parsingContext: unknown, _extensions: unknown, params: string[] | undefined, symbol: symbol,
): object {
  let fn;
  try {
    fn = engine.compileFunction(source, fileName, params ?? [], lineOffset, realmOf(parsingContext));
  } catch (error) {
    throw decorate(error, fileName, source);
  }
  remember(fileName, source);
  importSymbols.set(fileName, symbol);
  (fn as any)[hostDefined] = symbol;
  return {
    function: fn,
    sourceMapURL: magic(source, 'sourceMappingURL'),
    sourceURL: magic(source, 'sourceURL'),
    ...(cached === undefined ? {} : { cachedDataRejected: !isCacheOf(cached, source) }),
    ...(produce ? { cachedDataProduced: true, cachedData: cacheOf(source) } : {}),
  };
}

/** Whether a text that failed to compile as CommonJS compiles as a module, and failed for a reason that says so. */
function isModule(source: string, fileName: string): boolean {
  try {
    engine.moduleCompile(source, fileName);
    return true;
  } catch {
    return false;
  }
}

function compileFunctionForCJSLoader(source: string, fileName: string, _isSea: boolean, shouldDetectModule: boolean): object {
  let fn: unknown;
  let canParseAsESM = false;
  try {
    fn = engine.compileFunction(source, fileName, CJS_PARAMETERS, 0);
  } catch (error) {
    if (error instanceof SyntaxError || (error as any)?.name === 'SyntaxError') canParseAsESM = isModule(source, fileName);
    if (canParseAsESM && !shouldDetectModule) {
      loaders.require!('internal/process/warning').emitWarningSync(`Failed to load the ES module: ${fileName}. Make sure to set ` +
        '"type": "module" in the nearest package.json file or use the .mjs extension.');
      throw esmSyntaxError(error, source, fileName);
    }
    if (!canParseAsESM) throw decorate(error, fileName, source);
  }
  const symbol = isolateSymbols['vm_dynamic_import_default_internal']!;
  importSymbols.set(fileName, symbol);
  if (fn !== undefined) {
    (fn as any)[hostDefined] = symbol;
  }
  return {
    cachedDataRejected: false,
    canParseAsESM,
    function: fn,
    sourceMapURL: magic(source, 'sourceMappingURL'),
    sourceURL: magic(source, 'sourceURL'),
  };
}

/** V8's words for module syntax in a script, which the loader looks for, at the statement that it finds first. */
function esmSyntaxError(error: any, source: string, fileName: string): unknown {
  const lines = source.split('\n');
  const at = lines.findIndex((line) => /^\s*(?:import\b\s*[^(.\s]|import$|export\b)/.test(line));
  if (at < 0) return decorate(error, fileName, source);
  const [, indent, word] = /^(\s*)(import|export)/.exec(lines[at]!)!;
  error.message = word === 'export' ? "Unexpected token 'export'" : 'Cannot use import statement outside a module';
  error[privateSymbols['arrow_message_private_symbol']!] = `${fileName}:${at + 1}\n${lines[at]}\n${indent}${'^'.repeat(6)}\n`;
  return error;
}

const DETAILED = 1;

/** What all contexts hold together: the engine does not count them one by one. */
function measureMemory(mode: number): Promise<object> {
  const [, used] = engine.memoryUsage();
  const estimate = { jsMemoryEstimate: used, jsMemoryRange: [used, used] };
  return Promise.resolve({ total: estimate, ...(mode === DETAILED ? { current: estimate, other: [] } : {}), WebAssembly: { code: 0, metadata: 0 } });
}

export function create(): object {
  return {
    ContextifyScript,
    compileFunction,
    compileFunctionForCJSLoader,
    containsModuleSyntax(source: string, fileName: string, _resource?: string, cjsVariables?: unknown): boolean {
      void cjsVariables;
      try {
        engine.compileFunction(source, fileName, CJS_PARAMETERS, 0);
        return false;
      } catch {
        return isModule(source, fileName);
      }
    },
    makeContext,
    measureMemory,
    startSigintWatchdog,
    stopSigintWatchdog,
    watchdogHasPendingSigint,
  };
}
