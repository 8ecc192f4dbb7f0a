import { abortToggle } from '../fatal';
import * as ids from '../class_ids';
import { loaders } from '../realm';
import { statBuffer, type } from '../stat';
import { privateSymbols } from '../symbols';

declare global {
  interface Ops {
    sys_fstat(fd: number, stat: Bytes): Result;
    sys_tcgetwinsize(fd: number, size: Bytes): Result;
    sys_poll(fds: Bytes, timeoutNs: number | bigint, ready: Bytes): Result;
  }
}

const { engine, ops } = host;

/** What kind of thing a descriptor is, in Node's words. */
export function guessHandleType(fd: number): string {
  if (ops.sys_fstat(fd, statBuffer) < 0) return 'INVALID';
  switch (type()) {
    case 0o100000: return 'FILE';
    case 0o010000: case 0o140000: return 'PIPE';
    case 0o020000: return ops.sys_tcgetwinsize(fd, new Uint8Array(4)) >= 0 ? 'TTY' : 'FILE';
    default: return 'UNKNOWN';
  }
}

/** By the numbers of `handleTypes` in lib/internal/util.js. */
const KINDS = ['TCP', 'TTY', 'UDP', 'FILE', 'PIPE', 'UNKNOWN', 'INVALID'];

/** As `DefineLazyProperties`: each property is required from the library when first read. */
function defineLazyProperties(target: any, id: string, keys: string[], enumerable = true): void {
  for (const key of keys) {
    let value: unknown;
    let known = false;
    const get = {
      [key]() {
        if (!known) {
          value = loaders.require!(id)[key];
          known = true;
        }
        return value;
      },
    }[key]!;
    const set = {
      [key](given: unknown) {
        Object.defineProperty(target, key, { value: given, writable: true, enumerable: true, configurable: true });
      },
    }[key]!;
    Object.defineProperty(target, key, { get, set, enumerable, configurable: true });
  }
}

function previewEntries(value: any, isIterator?: boolean): unknown {
  const preview = engine.previewIterator(value);
  if (preview !== undefined) return isIterator ? preview : preview[0];
  if (ids.isMap(value)) {
    const flat: unknown[] = [];
    Map.prototype.forEach.call(value, (v, k) => { flat.push(k, v); });
    return isIterator ? [flat, true] : flat;
  }
  if (ids.isSet(value)) {
    const flat: unknown[] = [];
    Set.prototype.forEach.call(value, (v) => { flat.push(v); });
    return isIterator ? [flat, false] : flat;
  }
  if (ids.isWeakMap(value) || ids.isWeakSet(value)) return isIterator ? [[], ids.isWeakMap(value)] : [];
  return undefined;
}

function getConstructorName(object: any): string {
  for (let at = object; at !== null; at = Object.getPrototypeOf(at)) {
    const descriptor = Object.getOwnPropertyDescriptor(at, 'constructor');
    if (typeof descriptor?.value === 'function' && descriptor.value.name !== '') return descriptor.value.name;
  }
  return '';
}

/** Up to `count` frames of the stack, from the caller of `top` on. */
function frames(count: number, top: (...args: any[]) => unknown): any[] {
  const holder: { stack?: unknown } = {};
  const before = Error.stackTraceLimit;
  Error.stackTraceLimit = count;
  const { formatter } = host.loadGlue('interpose/stack');
  const prepare = formatter.prepare;
  let sites: any[] = [];
  formatter.prepare = (_global: any, _error: any, trace: any[]) => { sites = trace; };
  Error.captureStackTrace(holder, top);
  void holder.stack;
  formatter.prepare = prepare;
  Error.stackTraceLimit = before;
  return sites;
}

function callSites(count: number): object[] {
  return frames(count + 4, callSites).filter((site) => !String(site.getFileName()).startsWith('node:')).slice(0, count).map((site) => ({
    functionName: site.getFunctionName() ?? '',
    scriptId: '0',
    scriptName: site.getFileName() ?? '',
    lineNumber: site.getLineNumber() ?? 0,
    columnNumber: site.getColumnNumber() ?? 0,
    column: site.getColumnNumber() ?? 0,
  }));
}

/** Line, column and file of what called the function that calls this. */
function getCallerLocation(): [number, number, string] | undefined {
  const caller = frames(2, getCallerLocation)[1];
  return caller === undefined ? undefined : [caller.getLineNumber() ?? 0, caller.getColumnNumber() ?? 0, caller.getFileName() ?? ''];
}

/** Bits of `v8::PropertyFilter`. */
const ONLY_ENUMERABLE = 2;
const SKIP_SYMBOLS = 16;

export function create(): object {
  return {
    privateSymbols,
    shouldAbortOnUncaughtToggle: abortToggle,
    isInsideNodeModules(frames = 10, internalFramesCount = 0): boolean {
      void internalFramesCount;
      for (const site of callSites(frames) as any[]) {
        if (/[\\/]node_modules[\\/]/.test(site.scriptName)) return true;
      }
      return false;
    },
    defineLazyProperties,
    getPromiseDetails(promise: unknown): unknown {
      const details = engine.promiseDetails(promise);
      return details === undefined || details[0] !== 0 ? details : [0];
    },
    getProxyDetails(value: unknown, both = true): unknown {
      const details = engine.proxyDetails(value);
      if (details === undefined) return undefined;
      return both ? details : details[0];
    },
    getCallerLocation,
    previewEntries,
    getOwnNonIndexProperties(object: unknown, filter: number): PropertyKey[] {
      const names = engine.ownNonIndexProperties(object, (filter & ONLY_ENUMERABLE) !== 0);
      return (filter & SKIP_SYMBOLS) === 0 ? names : names.filter((name) => typeof name !== 'symbol');
    },
    getConstructorName,
    getExternalValue: () => 0n,
    getCallSites: callSites,
    sleep(ms: number): void { ops.sys_poll(new Uint8Array(0), Math.ceil(ms * 1e6), new Uint8Array(0)); },
    parseEnv: (text: string) => host.loadGlue('dotenv').parse(text),
    arrayBufferViewHasBuffer: () => true,
    constructSharedArrayBuffer: (length: number) => new SharedArrayBuffer(length),
    markPromiseAsHandled(promise: unknown): void { engine.markPromiseHandled(promise); },
    guessHandleType: (fd: number) => KINDS.indexOf(guessHandleType(fd)),
    isArrayBufferView: (value: unknown) => ArrayBuffer.isView(value),
    isArrayBuffer: ids.isArrayBuffer,
    isAnyArrayBuffer: ids.isAnyArrayBuffer,
    isAsyncFunction: ids.isAsyncFunction,
    isDate: ids.isDate,
    isMap: ids.isMap,
    isMapIterator: ids.isMapIterator,
    isNativeError: ids.isNativeError,
    isPromise: ids.isPromise,
    isRegExp: ids.isRegExp,
    isSet: ids.isSet,
    isSetIterator: ids.isSetIterator,
  };
}
