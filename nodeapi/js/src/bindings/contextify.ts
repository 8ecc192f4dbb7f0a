// Scripts and functions: `vm`, the CommonJS loader. Contexts are realms, see `vm_context.ts`.

import { notAvailable } from '../oracle';
import { loaders } from '../realm';
import { remember } from '../sources';
import { isolateSymbols, privateSymbols } from '../symbols';
import { contextOf, makeContext } from '../vm_context';

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

/** Decorates a SyntaxError with where it is, as `AppendExceptionLine`. */
function decorate(error: any, fileName: string, source: string): any {
  if (!(error instanceof SyntaxError) || typeof error !== 'object') return error;
  try {
    const frame = host.loadGlue('interpose/stack').topFrame(error);
    if (frame !== undefined && frame.file === fileName) {
      const { line, number, column, span } = culprit(error, source, frame);
      (error as any)[privateSymbols['arrow_message_private_symbol']!] =
        `${fileName}:${number}\n${line}\n${line.slice(0, column).replace(/[^\t]/g, ' ')}${'^'.repeat(span)}\n`;
    }
  } catch { /* the error itself matters more */ }
  return error;
}

class ContextifyScript {
  #script: number;
  #source: [string, string, number];
  declare cachedDataRejected?: boolean;
  declare sourceMapURL?: string;
  declare sourceURL?: string;

  constructor(
    source: string, fileName: string, lineOffset = 0, _columnOffset?: number, cachedData?: unknown, _produce?: boolean,
    parsingContext?: unknown, symbol?: symbol,
  ) {
    void parsingContext;
    this.#source = [source, fileName, lineOffset];
    try {
      this.#script = engine.compileScript(source, fileName, lineOffset);
    } catch (error) {
      throw decorate(error, fileName, source);
    }
    remember(fileName, source);
    const id = typeof symbol === 'symbol' ? symbol : Symbol(fileName);
    (this as any)[hostDefined] = id;
    importSymbols.set(fileName, id);
    if (cachedData !== undefined) this.cachedDataRejected = true;
    this.sourceMapURL = magic(source, 'sourceMappingURL');
    this.sourceURL = magic(source, 'sourceURL');
  }

  runInContext(context: unknown, timeout: number, _displayErrors: boolean, _breakOnSigint: boolean): unknown {
    void timeout;
    if (context !== null && context !== undefined) return contextOf(context).run(...this.#source);
    return engine.runScript(this.#script);
  }

  createCachedData(): Uint8Array {
    return host.loadGlue('bindings/buffer').asBuffer(new Uint8Array(0));
  }
}

function compileFunction(
  source: string, fileName: string, lineOffset: number, _columnOffset: number, _cached: unknown, _produce: boolean,
  parsingContext: unknown, _extensions: unknown, params: string[] | undefined, symbol: symbol,
): object {
  if (parsingContext !== undefined && parsingContext !== null) throw notAvailable('a vm context');
  let fn;
  try {
    fn = engine.compileFunction(source, fileName, params ?? [], lineOffset);
  } catch (error) {
    throw decorate(error, fileName, source);
  }
  remember(fileName, source);
  importSymbols.set(fileName, symbol);
  (fn as any)[hostDefined] = symbol;
  return { function: fn, sourceMapURL: magic(source, 'sourceMappingURL'), sourceURL: magic(source, 'sourceURL') };
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
    // A SIGINT during an evaluation has its usual effect: it ends the process.
    startSigintWatchdog: () => true,
    stopSigintWatchdog: () => false,
    watchdogHasPendingSigint: () => false,
  };
}
