// `Atomics`, which the engine's build without threads lacks. On memory that no other thread has, plain operations are atomic; on
// memory that threads share, the kernel makes them (`shared_memory.ts`). ECMA-262, 25.4.

import { refresh, release, segmentOf, share, type Segment } from '../shared_memory';

const LOAD = 1;
const STORE = 2;
const OPERATIONS: Record<string, number> = { add: 3, sub: 4, and: 5, or: 6, xor: 7, exchange: 8 };
const COMPARE_EXCHANGE = 9;
const NOT_EQUAL = 1;
const NOTIFIED = 0;

const prototype = Object.getPrototypeOf(Uint8Array.prototype);
const getter = (name: PropertyKey): ((this: any) => any) => Object.getOwnPropertyDescriptor(prototype, name)!.get!;
const tagOf = getter(Symbol.toStringTag);
const bufferOf = getter('buffer');
const lengthOf = getter('length');
const offsetOf = getter('byteOffset');
const toString = Object.prototype.toString;

/** Bytes of an element, and an array of one in which numbers take the element's form. */
const kinds: Record<string, { width: number; one: any }> = {};
for (const Kind of [Int8Array, Uint8Array, Int16Array, Uint16Array, Int32Array, Uint32Array, BigInt64Array, BigUint64Array]) {
  kinds[Kind.name] = { width: Kind.BYTES_PER_ELEMENT, one: new Kind(1) };
}
const isBig = (tag: string): boolean => tag === 'BigInt64Array' || tag === 'BigUint64Array';

function describe(value: unknown): string {
  return typeof value === 'object' && value !== null ? toString.call(value) : String(value);
}

interface Place { tag: string; width: number; one: any; index: number; segment: Segment | undefined; offset: number }

/** ValidateIntegerTypedArray and ValidateAtomicAccess. */
function place(array: any, index: unknown, waitable: boolean): Place {
  const tag = ArrayBuffer.isView(array) ? tagOf.call(array) : undefined;
  const kind = tag === undefined ? undefined : kinds[tag];
  if (waitable && tag !== 'Int32Array' && tag !== 'BigInt64Array') {
    throw new TypeError(`${describe(array)} is not an int32 or BigInt64 typed array.`);
  }
  if (kind === undefined) throw new TypeError(`${describe(array)} is not an integer typed array.`);
  let at = 0;
  if (typeof index === 'number' && index >= 0 && Number.isInteger(index)) at = index;
  else {
    at = Math.trunc(Number(index)) || 0;
    if (at < 0 || at > Number.MAX_SAFE_INTEGER) throw new RangeError('Invalid atomic access index');
  }
  if (at >= lengthOf.call(array)) throw new RangeError('Invalid atomic access index');
  const segment = segmentOf(bufferOf.call(array));
  return { tag: tag!, ...kind, index: at, segment, offset: offsetOf.call(array) + at * kind.width };
}

/** The argument as the array's elements are: ToBigInt, or ToIntegerOrInfinity. */
function element(tag: string, value: any): any {
  if (isBig(tag)) return BigInt.asIntN(64, typeof value === 'bigint' ? value : toBigInt(value));
  const number = Math.trunc(Number(value));
  return Number.isNaN(number) ? 0 : number + 0;
}

function toBigInt(value: any): bigint {
  if (typeof value === 'number' || value === undefined || value === null) throw new TypeError(`Cannot convert ${value} to a BigInt`);
  return BigInt(value);
}

/** An element's bits. */
function bits({ tag, one }: Place, value: any): bigint {
  one[0] = value;
  return isBig(tag) ? one[0] : BigInt(one[0]);
}

/** The element with these bits. */
function fromBits({ tag, one, width }: Place, value: bigint): any {
  one[0] = isBig(tag) ? value : Number(BigInt.asUintN(width * 8, value));
  return one[0];
}

function operation(name: string, compute: (old: any, value: any) => any): (array: any, index: unknown, value: any) => any {
  return {
    [name](array: any, index: unknown, value: any): any {
      const at = place(array, index, false);
      const operand = element(at.tag, value);
      if (at.segment === undefined) {
        const old = array[at.index];
        array[at.index] = compute(old, operand);
        return old;
      }
      return fromBits(at, at.segment.access(OPERATIONS[name]!, at.width, at.offset, bits(at, operand)));
    },
  }[name]!;
}

/** Bitwise operations on the bits of 32. */
const modulo32 = (value: number): number => Number(BigInt.asIntN(32, BigInt(Number.isFinite(value) ? value : 0)));
const bitwise = (onNumbers: (a: number, b: number) => number, onBigs: (a: bigint, b: bigint) => bigint) => (a: any, b: any): any =>
  typeof a === 'bigint' ? onBigs(a, b) : onNumbers(a, modulo32(b));

/** ToNumber of a timeout in ms, as nanoseconds; below zero for ever. */
function timeoutNs(timeout: any): number {
  const ms = timeout === undefined ? Infinity : Number(timeout);
  if (Number.isNaN(ms) || ms === Infinity) return -1;
  return Math.min(Math.max(0, Math.ceil(ms * 1e6)), Number.MAX_SAFE_INTEGER);
}

function requireShared(array: any): void {
  if (toString.call(bufferOf.call(array)) !== '[object SharedArrayBuffer]') {
    throw new TypeError(`${describe(array)} is not a shared typed array.`);
  }
}

function nothingForNs(ns: number): void {
  host.ops.sys_poll(new Uint8Array(0), ns, new Uint8Array(0));
}

const EINTR = -4;

function wait(array: any, index: unknown, value: any, timeout?: any): string {
  const at = place(array, index, true);
  requireShared(array);
  const expected = isBig(at.tag) ? element(at.tag, value) : Number(value) | 0;
  const ns = timeoutNs(timeout);
  if (at.segment === undefined) {
    if (array[at.index] !== expected) return 'not-equal';
    // Nobody else has this memory: nobody can notify.
    do nothingForNs(ns); while (ns < 0);
    return 'timed-out';
  }
  release();
  const { segment } = at;
  const until = ns < 0 ? -1 : host.ops.sys_clock_gettime(1) + ns;
  let result: number;
  do {
    const left = ns < 0 ? -1 : Math.max(0, until - host.ops.sys_clock_gettime(1));
    result = host.ops.sys_segment_wait(segment.fd, at.offset, at.width, bits(at, expected), left);
  } while (result === EINTR);
  if (result < 0) throw new Error(`Atomics.wait failed (errno ${-result})`);
  refresh();
  return result === NOTIFIED ? 'ok' : result === NOT_EQUAL ? 'not-equal' : 'timed-out';
}

function notify(array: any, index: unknown, count?: any): number {
  const at = place(array, index, true);
  let most = 0xffff_ffff;
  if (count !== undefined) {
    const number = Math.trunc(Number(count)) || 0;
    most = Math.min(Math.max(0, number), 0xffff_ffff);
  }
  if (at.segment === undefined) return 0;
  release();
  return Math.max(0, host.ops.sys_segment_notify(at.segment.fd, at.offset, most));
}

function waitAsync(array: any, index: unknown, value: any, timeout?: any): object {
  const at = place(array, index, true);
  requireShared(array);
  const expected = isBig(at.tag) ? element(at.tag, value) : Number(value) | 0;
  const ns = timeoutNs(timeout);
  const segment = share(bufferOf.call(array));
  release();
  const fd = host.ops.sys_segment_wait_begin(segment.fd, at.offset, at.width, bits(at, expected));
  if (fd < 0) {
    refresh();
    return { async: false, value: 'not-equal' };
  }
  if (ns === 0) {
    host.ops.sys_close(fd);
    return { async: false, value: 'timed-out' };
  }
  const { LoopTimer, Watcher, POLLIN } = host.loadGlue('loop');
  const { callbackScope } = host.loadGlue('async_wrap');
  const { promise, resolve } = Promise.withResolvers<string>();
  const end = (how: string): void => {
    watcher.watch(0);
    timer.stop();
    host.ops.sys_close(fd);
    refresh();
    callbackScope({}, 0, 0, undefined, () => resolve(how));
  };
  const watcher = new Watcher(fd, () => end('ok'));
  const timer = new LoopTimer(() => end('timed-out'));
  watcher.watch(POLLIN);
  if (ns > 0) timer.start(ns / 1e6);
  return { async: true, value: promise };
}

const methods: Record<string, (...args: any[]) => any> = {
  load(array: any, index: unknown): any {
    const at = place(array, index, false);
    if (at.segment === undefined) return array[at.index];
    return fromBits(at, at.segment.access(LOAD, at.width, at.offset));
  },
  store(array: any, index: unknown, value: any): any {
    const at = place(array, index, false);
    const stored = element(at.tag, value);
    if (at.segment === undefined) array[at.index] = stored;
    else at.segment.access(STORE, at.width, at.offset, bits(at, stored));
    return stored;
  },
  add: operation('add', (a, b) => a + b),
  sub: operation('sub', (a, b) => a - b),
  and: operation('and', bitwise((a, b) => a & b, (a, b) => a & b)),
  or: operation('or', bitwise((a, b) => a | b, (a, b) => a | b)),
  xor: operation('xor', bitwise((a, b) => a ^ b, (a, b) => a ^ b)),
  exchange: operation('exchange', (_, b) => b),
  compareExchange(array: any, index: unknown, expected: any, replacement: any): any {
    const at = place(array, index, false);
    const wanted = element(at.tag, expected);
    const next = element(at.tag, replacement);
    if (at.segment === undefined) {
      const old = array[at.index];
      at.one[0] = wanted;
      if (old === at.one[0]) array[at.index] = next;
      return old;
    }
    return fromBits(at, at.segment.access(COMPARE_EXCHANGE, at.width, at.offset, bits(at, next), bits(at, wanted)));
  },
  isLockFree: (size: any): boolean => [1, 2, 4, 8].includes(Math.trunc(Number(size))),
  wait,
  waitAsync,
  notify,
  pause(hint?: any): void {
    if (hint !== undefined && !Number.isInteger(hint)) throw new TypeError(`Atomics.pause: ${describe(hint)} is not an integral Number`);
  },
};

if (host.global.Atomics === undefined) {
  const LENGTHS: Record<string, number> = {
    load: 2, store: 3, add: 3, sub: 3, and: 3, or: 3, xor: 3, exchange: 3, compareExchange: 4, isLockFree: 1, wait: 4, waitAsync: 4,
    notify: 3, pause: 0,
  };
  const Atomics = {};
  for (const [name, method] of Object.entries(methods)) {
    // Methods of the language are no constructors.
    const value = { [name]: (...args: any[]) => method(...args) }[name]!;
    Object.defineProperty(value, 'length', { value: LENGTHS[name], configurable: true });
    Object.defineProperty(Atomics, name, { value, writable: true, configurable: true, enumerable: false });
  }
  Object.defineProperty(Atomics, Symbol.toStringTag, { value: 'Atomics', configurable: true });
  Object.defineProperty(host.global, 'Atomics', { value: Atomics, writable: true, configurable: true, enumerable: false });
}
