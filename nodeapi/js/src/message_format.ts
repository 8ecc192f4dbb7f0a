// Messages between threads: V8's serialisation format, and in the places of its host objects what only threads send each other:
// ports, shared memory, objects of native code, and objects of Node's library that clone or transfer themselves.

import * as ids from './class_ids';
import { Deserializer, messageHost, Serializer } from './bindings/serdes';
import { receive as receiveMemory, sendable } from './shared_memory';
import { checkTransferList, dataCloneError, library, nativeTransfers, plainProxies, sharedNatives } from './structured_clone';
import { isolateSymbols, privateSymbols } from './symbols';

const mode = privateSymbols['transfer_mode_private_symbol']!;
const cloneMethod = isolateSymbols['messaging_clone_symbol']!;
const transferMethod = isolateSymbols['messaging_transfer_symbol']!;
const transferListMethod = isolateSymbols['messaging_transfer_list_symbol']!;
const deserializeMethod = isolateSymbols['messaging_deserialize_symbol']!;
const TRANSFERABLE = 1;
const CLONEABLE = 2;

const enum Kind { Memory = 1, Transfer, Shared, Library, PlainProxy }

/** A message on its way: the bytes, and descriptors that go along. */
export interface WireMessage { bytes: Uint8Array; fds: number[] }

class Writer extends Serializer {
  readonly fds: number[] = [];
  readonly transferred: Set<unknown>;
  readonly written = new Set<unknown>();
  /** Done once everything is written: until then a refusal leaves things as they were. */
  readonly #transfers: Array<() => void> = [];
  readonly #all: boolean;

  /** `list`: what is transferred; `undefined` for whatever can be. */
  constructor(list: unknown[] | undefined) {
    super();
    this.#all = list === undefined;
    this.transferred = new Set(list);
  }

  _getDataCloneError = dataCloneError as any;

  finish(): void {
    for (const transfer of this.#transfers) transfer();
  }

  [messageHost](value: any): (() => void) | undefined {
    if (typeof value !== 'object') return undefined;
    this.written.add(value);
    if (ids.isProxy(value)) {
      if (!plainProxies.has(value)) return undefined;
      return () => {
        this.writeUint32(Kind.PlainProxy);
        this.writeValue({ ...value });
      };
    }
    if (ids.isSharedArrayBuffer(value)) {
      return () => {
        const { fd, id, bytes, bytesMax } = sendable(value);
        this.writeUint32(Kind.Memory);
        this.writeUint32(this.fds.push(fd) - 1);
        for (const number of [id, bytes, bytesMax]) this.writeDouble(number);
      };
    }
    if (ids.isArrayBuffer(value) && this.transferred.has(value)) {
      this.#transfers.push(() => host.engine.detachArrayBuffer(value));
      return undefined;
    }
    for (const kind of nativeTransfers) {
      if (!kind.is(value)) continue;
      if (!this.#all && !this.transferred.has(value)) {
        throw dataCloneError('Object that needs transfer was found in message but not listed in transferList');
      }
      return () => {
        this.writeUint32(Kind.Transfer);
        this.writeValue(kind.name);
        // Which descriptor that is, is known when everything else is written.
        const at = this.fds.push(-1) - 1;
        this.writeUint32(at);
        this.#transfers.push(() => { this.fds[at] = kind.toDescriptor(value); });
      };
    }
    for (const kind of sharedNatives) {
      if (!kind.is(value)) continue;
      return () => {
        this.writeUint32(Kind.Shared);
        this.writeValue(kind.name);
        this.writeValue(kind.toValue(value));
      };
    }
    const flags = value[mode];
    if (flags === undefined) return undefined;
    if ((this.#all || this.transferred.has(value)) && (flags & TRANSFERABLE) !== 0) return () => this.#library(value, transferMethod);
    if ((flags & CLONEABLE) !== 0 && typeof value[cloneMethod] === 'function') return () => this.#library(value, cloneMethod);
    if ((flags & TRANSFERABLE) !== 0) {
      throw dataCloneError('Object that needs transfer was found in message but not listed in transferList');
    }
    throw dataCloneError('Cannot clone object of unsupported type.');
  }

  #library(value: any, method: symbol): void {
    const nested: unknown[] = method === transferMethod ? value[transferListMethod]?.() ?? [] : [];
    for (const item of nested) this.transferred.add(item);
    const { data, deserializeInfo } = value[method]();
    this.writeUint32(Kind.Library);
    this.writeValue(deserializeInfo);
    this.writeValue(data);
  }
}

/** A message for another thread; `source` is the port that sends it. Without a list everything in it is transferred. */
export function writeMessage(value: unknown, list: unknown[] | undefined, source?: unknown): WireMessage {
  if (list !== undefined) checkTransferList(list, source);
  const writer = new Writer(list);
  try {
    writer.writeValue(value);
    // What is transferred goes, whether or not the message names it.
    for (const item of list ?? []) {
      if (!writer.written.has(item)) writer.writeValue(item);
    }
  } catch (error) {
    closeAll(writer.fds);
    throw error;
  }
  writer.finish();
  return { bytes: writer.releaseBuffer(), fds: writer.fds };
}

/** Closes descriptors that do not travel, or that nobody took. */
export function closeAll(fds: number[]): void {
  for (const fd of fds) if (fd >= 0) host.ops.sys_close(fd);
}

class Reader extends Deserializer {
  readonly #fds: number[];
  constructor({ bytes, fds }: WireMessage) {
    super(bytes);
    this.#fds = fds;
  }

  [messageHost](keep: (object: unknown) => void): any {
    const kind: Kind = this.readUint32();
    switch (kind) {
      case Kind.Memory: {
        const fd = this.#take();
        return receiveMemory({ fd, id: this.readDouble(), bytes: this.readDouble(), bytesMax: this.readDouble() });
      }
      case Kind.Transfer: return this.#native(nativeTransfers).fromDescriptor(this.#take());
      case Kind.Shared: return this.#native(sharedNatives).fromValue(this.readValue());
      case Kind.PlainProxy: return this.readValue();
      default: {
        const object = library.createObject!(this.readValue());
        keep(object);
        object[deserializeMethod](this.readValue());
        return object;
      }
    }
  }

  /** The library has loaded it: its own objects are read around it. */
  #native<K extends { name: string }>(kinds: K[]): K {
    const name = this.readValue();
    const kind = kinds.find((one) => one.name === name);
    if (kind === undefined) throw dataCloneError(`A message holds a ${name}, which this thread does not know.`);
    return kind;
  }

  #take(): number {
    const index = this.readUint32();
    const fd = this.#fds[index]!;
    this.#fds[index] = -1;
    return fd;
  }

  abandon(): void { closeAll(this.#fds); }
}

/** The value of a message that has come. Throws what the library's objects throw. */
export function readMessage(message: WireMessage): unknown {
  const reader = new Reader(message);
  try {
    return reader.readValue();
  } finally {
    reader.abandon();
  }
}
