// `structuredClone`: the HTML standard's algorithm for the values a program can have here.

import * as ids from './class_ids';
import { perContext } from './realm';

function refuse(value: unknown): never {
  const text = typeof value === 'function' ? String(value) : typeof value === 'symbol' ? value.toString() : '#<Object>';
  throw new perContext.DOMException(`${text} could not be cloned.`, 'DataCloneError');
}

const ERRORS: Record<string, any> = { Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };

function clone(value: any, seen: Map<object, unknown>, transferred: Set<unknown>): any {
  if (typeof value === 'symbol') refuse(value);
  if (typeof value !== 'object' && typeof value !== 'function' || value === null) return value;
  if (seen.has(value)) return seen.get(value);
  if (typeof value === 'function') refuse(value);
  const keep = <T>(copy: T): T => {
    seen.set(value, copy);
    return copy;
  };
  if (ids.isBoxedPrimitive(value)) return keep(Object(value.valueOf()));
  if (ids.isDate(value)) return keep(new Date(value.getTime()));
  if (ids.isRegExp(value)) return keep(new RegExp(value.source, value.flags));
  if (ids.isSharedArrayBuffer(value)) return keep(value);
  if (ids.isArrayBuffer(value)) {
    const copy = keep(value.slice(0));
    if (transferred.has(value)) host.engine.detachArrayBuffer(value);
    return copy;
  }
  if (ArrayBuffer.isView(value)) {
    const view = value as any;
    const buffer = clone(view.buffer, seen, transferred);
    const Constructor = host.global[Object.prototype.toString.call(view).slice(8, -1)] ?? Uint8Array;
    return keep(new Constructor(buffer, view.byteOffset, view.length ?? view.byteLength));
  }
  if (ids.isMap(value)) {
    const copy = keep(new Map());
    for (const [k, v] of [...value]) copy.set(clone(k, seen, transferred), clone(v, seen, transferred));
    return copy;
  }
  if (ids.isSet(value)) {
    const copy = keep(new Set());
    for (const item of [...value]) copy.add(clone(item, seen, transferred));
    return copy;
  }
  if (ids.isNativeError(value)) {
    const Constructor = ERRORS[value.name] ?? Error;
    const copy = keep(Object.create(Constructor.prototype));
    const error = new Constructor(value.message);
    seen.set(value, error);
    Object.defineProperty(error, 'stack', { value: String(value.stack), writable: true, configurable: true, enumerable: false });
    if ('cause' in value) {
      Object.defineProperty(error, 'cause', {
        value: clone(value.cause, seen, transferred), writable: true, configurable: true, enumerable: false,
      });
    }
    void copy;
    return error;
  }
  if (ids.isPromise(value) || ids.isWeakMap(value) || ids.isWeakSet(value) || ids.isProxy(value)) refuse(value);
  const copy: any = keep(Array.isArray(value) ? new Array(value.length) : {});
  for (const key of Object.keys(value)) copy[key] = clone(value[key], seen, transferred);
  return copy;
}

export function structuredClone(value: unknown, options?: { transfer?: Iterable<unknown> }): unknown {
  return clone(value, new Map(), new Set(options?.transfer ?? []));
}
