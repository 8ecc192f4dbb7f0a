// SharedArrayBuffers that other threads have too. Instances of the program cannot share memory, so the kernel has the master copy
// and each thread one of its own: plain reads and writes go there, and at every point where the language orders memory between
// threads (Atomics, messages sent and received) what was written goes to the kernel and what others wrote comes from it.
// A buffer that no other thread has is plain memory.

import { dataCloneError } from './structured_clone';

declare global {
  interface Ops {
    sys_segment_create(bytes: number, bytesMax: number): Result;
    sys_segment_wait(fd: number, offset: number, width: number, expected: bigint, timeoutNs: number): Result;
    sys_segment_wait_begin(fd: number, offset: number, width: number, expected: bigint): Result;
    sys_segment_notify(fd: number, offset: number, count: number): Result;
    sys_fstat(fd: number, stat: Bytes): Result;
    sys_close(fd: number): Result;
    sys_dup(fd: number, minFd: number, flags: number): Result;
    shared_memory_access(
      fd: number, copy: Bytes, twin: Bytes, state: Bytes, operation: number, width: number, offset: number, operand: bigint,
      expected: bigint, length: Bytes,
    ): bigint | number;
  }
}

const { ops } = host;
const O_CLOEXEC = 0o2000000;
const PUSH_ONLY = -1;
const NONE = 0;
const GROW = 10;

const byteLength = Object.getOwnPropertyDescriptor(SharedArrayBuffer.prototype, 'byteLength')!.get!;
const nativeGrow: ((this: any, length: number) => void) | undefined = (SharedArrayBuffer.prototype as any).grow;
const { WeakRef } = host.global;
const { construct } = Reflect;
const Native = SharedArrayBuffer;

/** The kernel's object behind a shared buffer. */
export class Segment {
  readonly id: number;
  #twin: Uint8Array;
  /** Version and epoch that are known. */
  readonly #state = new BigUint64Array(2);
  readonly #length = new BigUint64Array(1);
  readonly buffer: { deref(): any };

  constructor(readonly fd: number, buffer: any) {
    this.id = idOf(fd);
    this.#twin = new Uint8Array(byteLength.call(buffer));
    this.buffer = new WeakRef(buffer);
  }

  get epoch(): bigint { return this.#state[1]!; }

  /** An operation of `segment::operation`, after writing and before reading all that has changed. */
  access(operation: number, width = 0, offset = 0, operand = 0n, expected = 0n): bigint {
    const buffer = this.buffer.deref();
    if (buffer === undefined) return 0n;
    const old = ops.shared_memory_access(
      this.fd, new Uint8Array(buffer), this.#twin, this.#state, operation, width, offset, operand, expected, this.#length,
    );
    if (typeof old !== 'bigint') throw new Error(`memory that threads share cannot be reached (errno ${-old})`);
    if (operation !== PUSH_ONLY) this.#follow(buffer);
    return old;
  }

  /** The master may have grown. */
  #follow(buffer: any): void {
    const length = Number(this.#length[0]);
    if (length <= byteLength.call(buffer) || nativeGrow === undefined) return;
    nativeGrow.call(buffer, length);
    const twin = new Uint8Array(length);
    twin.set(this.#twin);
    this.#twin = twin;
    // What the grown part holds was not taken in.
    this.#state[0] = 0n;
    this.access(NONE);
  }

  grow(length: number): void {
    this.access(GROW, 0, 0, BigInt(length));
  }
}

function idOf(fd: number): number {
  const stat = new Uint8Array(128);
  ops.sys_fstat(fd, stat);
  return Number(new DataView(stat.buffer).getBigUint64(8, true));
}

const byBuffer = new WeakMap<object, Segment>();
const byId = new Map<number, Segment>();
const collected = new FinalizationRegistry<Segment>((segment) => {
  byId.delete(segment.id);
  ops.sys_close(segment.fd);
});

/** The segment of a buffer that other threads have. */
export function segmentOf(buffer: object): Segment | undefined {
  return byBuffer.get(buffer);
}

function register(segment: Segment, buffer: object): void {
  byBuffer.set(buffer, segment);
  byId.set(segment.id, segment);
  collected.register(buffer, segment);
}

/** Buffers of WebAssembly memories: a guest's memory is a part of one thread's. */
export const ofOneThread = new WeakSet<object>();

/** Makes a buffer one that other threads can have. */
export function share(buffer: any): Segment {
  const known = byBuffer.get(buffer);
  if (known !== undefined) return known;
  if (ofOneThread.has(buffer)) throw dataCloneError('A shared WebAssembly.Memory cannot be had by another thread in this container.');
  const bytes = byteLength.call(buffer);
  const fd = ops.sys_segment_create(bytes, buffer.growable ? buffer.maxByteLength : bytes);
  if (fd < 0) throw new RangeError('Array buffer allocation failed');
  const segment = new Segment(fd, buffer);
  register(segment, buffer);
  segment.access(NONE);
  return segment;
}

/** What travels to another thread: a descriptor that it will own. */
export function sendable(buffer: any): { fd: number; id: number; bytes: number; bytesMax: number } {
  const segment = share(buffer);
  const fd = ops.sys_dup(segment.fd, 0, O_CLOEXEC);
  if (fd < 0) throw new RangeError('Too many open files for shared memory');
  const bytes = byteLength.call(buffer);
  return { fd, id: segment.id, bytes, bytesMax: buffer.growable ? buffer.maxByteLength : -1 };
}

/** The buffer of a segment that has come from another thread. */
export function receive({ fd, id, bytes, bytesMax }: { fd: number; id: number; bytes: number; bytesMax: number }): any {
  const known = byId.get(id)?.buffer.deref();
  if (known !== undefined) {
    ops.sys_close(fd);
    return known;
  }
  const buffer = construct(Native, bytesMax < 0 ? [bytes] : [bytes, { maxByteLength: bytesMax }]);
  const segment = new Segment(fd, buffer);
  register(segment, buffer);
  segment.access(NONE);
  return buffer;
}

/** Before others may learn of something: what this thread has written can be read by them. */
export function release(): void {
  for (const segment of byId.values()) segment.access(PUSH_ONLY);
}

/** After having learned of something from another thread, when the kernel had counted `epoch` changes. */
export function acquire(epoch: bigint): void {
  for (const segment of byId.values()) {
    if (segment.epoch < epoch) segment.access(NONE);
  }
}

/** After having waited: whatever others have written. */
export function refresh(): void {
  for (const segment of byId.values()) segment.access(NONE);
}

if (nativeGrow !== undefined) {
  const grow = {
    grow(this: any, length: number): void {
      const segment = byBuffer.get(this);
      if (segment === undefined) {
        nativeGrow.call(this, length);
        return;
      }
      if (!(length >= byteLength.call(this) && length <= this.maxByteLength)) {
        throw new RangeError("SharedArrayBuffer.prototype.grow: Invalid length parameter");
      }
      segment.grow(Math.trunc(length));
    },
  }.grow;
  Object.defineProperty(SharedArrayBuffer.prototype, 'grow', { value: grow, writable: true, configurable: true, enumerable: false });
}
