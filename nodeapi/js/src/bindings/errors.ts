import { enhancers, triggerUncaughtException } from '../fatal';
import { formatter, topFrame } from '../interpose/stack';
import { line } from '../sources';

function noSideEffectsToString(value: any): string {
  if (typeof value === 'symbol') return value.toString();
  if (typeof value === 'function') return Function.prototype.toString.call(value);
  if (typeof value !== 'object' || value === null) return String(value);
  if (host.loadGlue('class_ids').isNativeError(value)) {
    const name = Object.getOwnPropertyDescriptor(value, 'name')?.value ?? value.constructor?.name ?? 'Error';
    const message = Object.getOwnPropertyDescriptor(value, 'message')?.value ?? '';
    return message === '' ? String(name) : `${name}: ${message}`;
  }
  return `#<${value.constructor?.name ?? 'Object'}>`;
}

/** Where an error was made, as `GetErrorSourcePositions` of src/node_errors.cc; the column counts from 0. */
function getErrorSourcePositions(error: unknown): object {
  const frame = topFrame(error);
  if (frame === undefined) return { sourceLine: '', scriptResourceName: '', lineNumber: 0, startColumn: 0 };
  return {
    sourceLine: line(frame.file, frame.line) ?? '',
    scriptResourceName: frame.file,
    lineNumber: frame.line,
    startColumn: frame.column - 1,
  };
}

export function create(): object {
  return {
    setPrepareStackTraceCallback(fn: any): void { formatter.prepare = fn; },
    setGetSourceMapErrorSource(): void {},
    setSourceMapsEnabled(): void {},
    setMaybeCacheGeneratedSourceMap(): void {},
    setEnhanceStackForFatalException(before: any, after: any): void {
      enhancers.before = before;
      enhancers.after = after;
    },
    getErrorSourcePositions,
    noSideEffectsToString,
    triggerUncaughtException: (error: unknown, fromPromise: boolean): void => triggerUncaughtException(error, fromPromise, true),
  };
}
