// Exceptions that nobody caught, and the end of the process. As src/node_errors.cc and src/api/embed_helpers.cc.

import { constant, processShape } from './oracle';
import { clearAsyncIdStack } from './async_wrap';
import { privateSymbols, kExitCode, kHasExitCode } from './symbols';

declare global {
  interface Ops {
    sys_write(fd: number, bytes: Bytes | string): Result;
  }
}

const exitCodes: Record<string, number> = constant('errors', 'exitCodes');

export const enhancers: { before?: (error: any) => string; after?: (error: any) => string } = {};

/** Set once the realm is booted: `require` of Node's internal modules. */
export const internals: { require?: (id: string) => any; process?: any } = {};

function write(text: string): void {
  let rest = text;
  while (rest.length > 0) {
    const part = rest.slice(0, 16384);
    rest = rest.slice(part.length);
    if (host.ops.sys_write(2, part) < 0) return;
  }
}

/** The status to end with if nothing says otherwise. */
export function exitStatus(otherwise: number): number {
  const fields = internals.process?.[privateSymbols.exit_info_private_symbol];
  return fields?.[kHasExitCode] ? fields[kExitCode] : otherwise;
}

/**
 * As `node::errors::TriggerUncaughtException`. Comes back only if a handler took the error. `isCaught`: JavaScript caught it and passes it on,
 * so that only its own stack tells where it came from, and not the statement that threw.
 */
export function triggerUncaughtException(error: unknown, fromPromise: boolean, isCaught = false): void {
  const site = fromPromise || isCaught ? undefined : throwSite(error);
  if (!fromPromise) abortIfAsked(error);
  const process = internals.process;
  const handler = process?._fatalException;
  if (typeof handler !== 'function') {
    report(error, site);
    host.ops.program_exit(exitCodes['kInvalidFatalExceptionMonkeyPatching']!);
  }
  let handled: unknown;
  try {
    handled = Reflect.apply(handler, process, [error, fromPromise]);
  } catch (second) {
    report(second, throwSite(second));
    host.ops.program_exit(exitCodes['kExceptionInFatalExceptionHandler']!);
  }
  if (handled !== false) return;
  report(error, site);
  host.ops.program_exit(exitStatus(exitCodes['kGenericUserError']!));
}

/** 0 while a domain or a capture callback takes every exception: then `--abort-on-uncaught-exception` does not act. */
export const abortToggle = new Uint32Array([1]);

/** As V8 does for `--abort-on-uncaught-exception`, as soon as it sees that nobody catches: the frames, and the end by a trap. */
function abortIfAsked(error: any): void {
  const SIGTRAP = 5;
  const { command } = host.loadGlue('start');
  if (abortToggle[0] === 0 || !command.v8Options.some((option: string) => /^--abort[-_]on[-_]uncaught[-_]exception$/.test(option))) return;
  const frames = attempt(() => String(error.stack).split('\n').filter((line) => line.startsWith('    at ')).map((line) => line.slice(7)));
  const shown = attempt(() => (host.loadGlue('class_ids').isNativeError(error) ? Error.prototype.toString.call(error) : String(error)));
  write(`Uncaught ${shown}\n\nFROM\n${frames?.join('\n') ?? ''}`);
  host.ops.sys_kill(host.ops.sys_getpid(), SIGTRAP);
}

/** As `ReportFatalException`: the source line, the stack, the version. */
function report(error: any, site: Place | undefined): void {
  let text = '';
  try {
    text = describe(error, site);
  } catch {
    text = 'Uncaught exception that cannot be shown';
  }
  write(`${text}\n\nNode.js ${processShape.version}\n`);
}

function describe(error: any, site: Place | undefined): string {
  const isObject = (typeof error === 'object' && error !== null) || typeof error === 'function';
  const isError = isObject && host.loadGlue('class_ids').isNativeError(error);
  let stack: unknown;
  let decorated = false;
  if (isObject) {
    if (isError && enhancers.before !== undefined) stack = attempt(() => enhancers.before!(error)) ?? error.stack;
    else stack = attempt(() => error.stack);
    if (isError && enhancers.after !== undefined) stack = attempt(() => enhancers.after!(error)) ?? stack;
    decorated = error[privateSymbols.decorated_private_symbol] === true;
  }
  const arrow = isObject ? attempt(() => error[privateSymbols.arrow_message_private_symbol]) ?? sourceArrow(error, site) : site && arrowAt(site);
  if (typeof stack === 'string' && stack.length > 0 && isError) {
    if (decorated || arrow === undefined) return stack;
    return `${arrow}\n${stack}`;
  }
  // Node starts the line anew for what is no error.
  const head = arrow === undefined ? 'Uncaught:\n' : `\n${arrow}`;
  if (isObject) return `${head}${internals.require!('internal/util/inspect').inspect(error)}`;
  return `${head}${String(error)}\n(Use \`${executableName()} --trace-uncaught ...\` to show where the exception was thrown)`;
}

function executableName(): string {
  return String(internals.process?.execPath ?? 'node').replace(/^.*\//, '');
}

function attempt<T>(get: () => T): T | undefined {
  try {
    return get();
  } catch {
    return undefined;
  }
}

type Place = [file: string, line: number, column: number];

/** The statement that threw; what the glue throws comes, as from C++, from nowhere. */
function throwSite(error: unknown): Place | undefined {
  const site = host.engine.throwSite?.(error);
  return site?.[0].startsWith('glue:') ? undefined : site;
}

/** `file:line`, the line, and a caret below where the exception was thrown; without a place, where the error was made. */
export function sourceArrow(error: any, site?: Place): string | undefined {
  if (site !== undefined) return arrowAt(site);
  const frame = host.loadGlue('interpose/stack').topFrame(error);
  return frame && arrowAt([frame.file, frame.line, frame.column]);
}

function arrowAt([file, number, column]: Place): string | undefined {
  const line = host.loadGlue('sources').line(file, number);
  if (line === undefined) return undefined;
  const indent = line.slice(0, Math.max(0, column - 1)).replace(/[^\t]/g, ' ');
  return `${file}:${number}\n${line}\n${indent}^\n`;
}

/** As `SpinEventLoop` and `EmitProcessExit`: `beforeExit`, and once the loop stays empty `exit`. Gives the exit status. */
export function onDrained(isAlive: () => boolean): number | undefined {
  const process = internals.process;
  clearAsyncIdStack();
  const emit = (name: 'emitProcessBeforeExit'): void => host.loadGlue('start')[name]();
  emit('emitProcessBeforeExit');
  if (isAlive()) return undefined;
  return host.loadGlue('start').emitProcessExit(process);
}
