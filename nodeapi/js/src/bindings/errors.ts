import { enhancers, triggerUncaughtException } from '../fatal';
import { formatter } from '../interpose/stack';

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
    noSideEffectsToString,
    triggerUncaughtException,
  };
}
