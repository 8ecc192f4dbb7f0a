// `structuredClone` and what message ports send: the HTML standard's algorithm for the values a program can have here, and
// Node's protocol for objects of its library that clone or transfer themselves (lib/internal/worker/js_transferable.js).

import * as ids from './class_ids';
import { perContext } from './realm';
import { isolateSymbols, privateSymbols } from './symbols';

const mode = privateSymbols['transfer_mode_private_symbol']!;
const untransferable = privateSymbols['untransferable_object_private_symbol']!;
const cloneMethod = isolateSymbols['messaging_clone_symbol']!;
const transferMethod = isolateSymbols['messaging_transfer_symbol']!;
const transferList = isolateSymbols['messaging_transfer_list_symbol']!;
const deserializeMethod = isolateSymbols['messaging_deserialize_symbol']!;
const TRANSFERABLE = 1;
const CLONEABLE = 2;

/** `fn('module:Constructor')` makes an empty object of the library. */
export const library: { createObject?: (info: string) => any } = {};

/** An object of native code that can be transferred: message ports. */
export interface NativeTransfer {
  readonly name: string;
  is(value: unknown): boolean;
  isDetached(value: any): boolean;
  /** What stands for the object on its way. */
  detach(value: any): unknown;
  attach(state: any): any;
  /** The same between threads: as a descriptor, which the object gives up. */
  toDescriptor(value: any): number;
  fromDescriptor(fd: number): any;
}
export const nativeTransfers: NativeTransfer[] = [];

/** An immutable object of native code: within a thread both sides may hold it, between threads it goes as a value. */
export interface SharedNative {
  readonly name: string;
  is(value: unknown): boolean;
  toValue(object: any): unknown;
  fromValue(value: any): any;
}
export const sharedNatives: SharedNative[] = [];

/** Proxies that stand for plain objects of V8: `process.env`. */
export const plainProxies = new WeakSet<object>();

export function dataCloneError(message: string): Error {
  return new perContext.DOMException(message, 'DataCloneError');
}

function refuse(value: unknown): never {
  if (typeof value === 'function' || typeof value === 'symbol') throw dataCloneError(`${String(value)} could not be cloned.`);
  const name = ids.isProxy(value) ? 'Object' : (value as any).constructor?.name ?? 'Object';
  throw dataCloneError(`#<${name}> could not be cloned.`);
}

const ERRORS: Record<string, any> = { Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };

class Cloning {
  readonly seen = new Map<object, unknown>();
  readonly transferred: Set<unknown>;
  /** Made once everything has been copied: until then a refusal leaves things as they were. */
  readonly #transfers: Array<() => void> = [];

  constructor(list: unknown[]) {
    this.transferred = new Set(list);
  }

  /** Everything is copied: what is transferred leaves its owner. */
  finish(): void {
    for (const transfer of this.#transfers) transfer();
  }

  clone(value: any): any {
    if (typeof value === 'symbol' || typeof value === 'function') refuse(value);
    if (typeof value !== 'object' || value === null) return value;
    if (this.seen.has(value)) return this.seen.get(value);
    const copy = this.#host(value) ?? this.#builtin(value);
    return copy === undefined ? this.#properties(value) : copy;
  }

  #keep<T>(value: object, copy: T): T {
    this.seen.set(value, copy);
    return copy;
  }

  /** Objects of native code and of Node's library. */
  #host(value: any): any {
    if (ids.isProxy(value)) return undefined;
    for (const kind of nativeTransfers) {
      if (!kind.is(value)) continue;
      if (!this.transferred.has(value)) {
        throw dataCloneError('Object that needs transfer was found in message but not listed in transferList');
      }
      return this.#keep(value, kind.attach(kind.detach(value)));
    }
    if (sharedNatives.some((kind) => kind.is(value))) return value;
    const flags = value[mode];
    if (flags === undefined) return undefined;
    if (this.transferred.has(value) && (flags & TRANSFERABLE) !== 0) return this.#self(value, transferMethod);
    if ((flags & CLONEABLE) !== 0 && typeof value[cloneMethod] === 'function') return this.#self(value, cloneMethod);
    if ((flags & TRANSFERABLE) !== 0) {
      throw dataCloneError('Object that needs transfer was found in message but not listed in transferList');
    }
    throw dataCloneError('Cannot clone object of unsupported type.');
  }

  #self(value: any, method: symbol): any {
    const nested: unknown[] = method === transferMethod ? value[transferList]?.() ?? [] : [];
    for (const item of nested) this.transferred.add(item);
    const { data, deserializeInfo } = value[method]();
    const copy = this.#keep(value, library.createObject!(deserializeInfo));
    copy[deserializeMethod](this.clone(data));
    return copy;
  }

  #builtin(value: any): any {
    if (plainProxies.has(value)) return undefined;
    if (ids.isBoxedPrimitive(value)) {
      if (ids.isSymbolObject(value)) refuse(value);
      return this.#keep(value, Object(value.valueOf()));
    }
    if (ids.isDate(value)) return this.#keep(value, new Date(value.getTime()));
    if (ids.isRegExp(value)) return this.#keep(value, new RegExp(value.source, value.flags));
    if (ids.isSharedArrayBuffer(value)) return this.#keep(value, value);
    if (ids.isArrayBuffer(value)) return this.#buffer(value);
    if (ArrayBuffer.isView(value)) return this.#view(value);
    if (ids.isMap(value)) {
      const copy = this.#keep(value, new Map());
      for (const [k, v] of [...value]) copy.set(this.clone(k), this.clone(v));
      return copy;
    }
    if (ids.isSet(value)) {
      const copy = this.#keep(value, new Set());
      for (const item of [...value]) copy.add(this.clone(item));
      return copy;
    }
    if (ids.isNativeError(value)) return this.#error(value);
    if (ids.isPromise(value) || ids.isWeakMap(value) || ids.isWeakSet(value) || ids.isProxy(value) || ids.isGeneratorObject(value)) {
      refuse(value);
    }
    return undefined;
  }

  #buffer(value: any): ArrayBuffer {
    if (value.detached) throw dataCloneError('An ArrayBuffer is detached and could not be cloned.');
    const copy = this.#keep(value, value.resizable ? new ArrayBuffer(value.byteLength, { maxByteLength: value.maxByteLength }) : value.slice(0));
    if (value.resizable) new Uint8Array(copy).set(new Uint8Array(value));
    if (this.transferred.has(value)) this.#transfers.push(() => host.engine.detachArrayBuffer(value));
    return copy;
  }

  #view(view: any): ArrayBufferView {
    const buffer = this.clone(view.buffer);
    const tag = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag)!.get!.call(view);
    const Constructor = tag === undefined ? DataView : host.global[tag];
    return this.#keep(view, new Constructor(buffer, view.byteOffset, view.length ?? view.byteLength));
  }

  #error(value: any): Error {
    const Constructor = ERRORS[value.name] ?? Error;
    const hidden = { writable: true, configurable: true, enumerable: false };
    const own = Object.getOwnPropertyDescriptor(value, 'message');
    const error = this.#keep(value, new Constructor());
    if (own !== undefined && 'value' in own) Object.defineProperty(error, 'message', { value: String(own.value), ...hidden });
    if (typeof value.stack === 'string') Object.defineProperty(error, 'stack', { value: value.stack, ...hidden });
    if (Object.hasOwn(value, 'cause')) Object.defineProperty(error, 'cause', { value: this.clone(value.cause), ...hidden });
    return error;
  }

  #properties(value: any): any {
    const copy: any = this.#keep(value, Array.isArray(value) ? new Array(value.length) : {});
    for (const key of Object.keys(value)) {
      if (Object.hasOwn(value, key)) copy[key] = this.clone(value[key]);
    }
    return copy;
  }
}

/** Refuses what cannot be in a transfer list. As `Message::Serialize` in src/node_messaging.cc. */
export function checkTransferList(list: unknown[], source: unknown): void {
  const seen = new Set<unknown>();
  for (const item of list as any[]) {
    if ((typeof item === 'object' || typeof item === 'function') && item !== null && item[untransferable]) {
      throw dataCloneError('Cannot transfer object of unsupported type.');
    }
    const native = nativeTransfers.find((kind) => kind.is(item));
    let name: string;
    if (ids.isArrayBuffer(item)) {
      if (item.detached) throw dataCloneError('Cannot transfer object of unsupported type.');
      name = 'ArrayBuffer';
    } else if (native !== undefined) {
      if (item === source) throw dataCloneError('Transfer list contains source port');
      if (native.isDetached(item) && !seen.has(item)) throw dataCloneError(`${native.name} in transfer list is already detached`);
      name = native.name;
    } else if (typeof item === 'object' && item !== null && (item[mode] & TRANSFERABLE) !== 0) {
      name = item.constructor?.name ?? 'Object';
    } else {
      throw dataCloneError('Found invalid value in transferList.');
    }
    if (seen.has(item)) throw dataCloneError(`Transfer list contains duplicate ${name}`);
    seen.add(item);
  }
}

/** A copy of `value`; `source` is the port that sends it. */
export function cloneMessage(value: unknown, list: unknown[], source?: unknown): unknown {
  checkTransferList(list, source);
  const cloning = new Cloning(list);
  const copy = cloning.clone(value);
  // What is transferred goes, whether or not the message names it.
  for (const item of list) {
    if (!cloning.seen.has(item as object)) cloning.clone(item);
  }
  cloning.finish();
  return copy;
}

export function structuredClone(value: unknown, options?: { transfer?: Iterable<unknown> }): unknown {
  return cloneMessage(value, [...options?.transfer ?? []]);
}
