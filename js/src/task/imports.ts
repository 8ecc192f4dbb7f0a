/**
 * A program's imports, built from the call table: each import gathers its arguments and input into the slot, makes the call
 * and deals the output back. No call is known here by name, except by what the table says of it.
 */
import { CALLS, ERRNO, SLOT_BYTES, STRINGS_BYTES_MAX, type CallSpec, type Kind } from '../generated/abi.js';
import { hostCall, type Clocks } from './clock.js';
import { Guests } from './guests.js';
import { Stacks } from './stacks.js';
import { SuspendingSlot, type BlockingSlot, type Slot } from './slot.js';
import { Suspending } from './suspending.js';

/** Calls whose input may be cut short, since their result says how much was taken. */
const WRITES = new Set(['write', 'pwrite', 'sendto']);
const WASI_E2BIG = 1;

/** A range of the program's memory. */
interface Range {
  address: number;
  length: number;
}

/** How one declared parameter is handled; made once per parameter. */
interface Plan {
  kind: Kind;
  /** Where its wasm arguments start. */
  at: number;
}

const isOut = (kind: Kind): boolean =>
  kind === 'out_bytes' || kind === 'out_iovs' || kind === 'out_strings' ||
  (typeof kind === 'object' && ('out_fixed' in kind || 'out_counted' in kind));

const takesTwo = (kind: Kind): boolean =>
  kind === 'in_bytes' || kind === 'out_bytes' || kind === 'in_iovs' || kind === 'out_iovs' || kind === 'out_strings';

/** Whether a region may be made smaller than the program asked. */
const isElastic = (kind: Kind): boolean => kind === 'out_bytes' || kind === 'out_iovs';

class Marshaller {
  readonly #spec: CallSpec;
  readonly #plans: readonly Plan[];
  readonly #slot: Slot;
  readonly #memory: () => WebAssembly.Memory;

  constructor(spec: CallSpec, slot: Slot, memory: () => WebAssembly.Memory) {
    this.#spec = spec;
    this.#slot = slot;
    this.#memory = memory;
    let at = 0;
    this.#plans = spec.params.map((kind) => {
      const plan = { kind, at };
      at += takesTwo(kind) ? 2 : 1;
      return plan;
    });
  }

  invoke(slot: BlockingSlot, args: (number | bigint)[]): number | bigint {
    const begun = this.#begin(args);
    return typeof begun === 'object' ? this.#end(args, begun.capacities, slot.call(this.#spec.number, begun.input)) : begun;
  }

  /** The same over a slot whose answers come later. */
  async invokeAsync(slot: SuspendingSlot, args: (number | bigint)[]): Promise<number | bigint> {
    const begun = this.#begin(args);
    return typeof begun === 'object' ? this.#end(args, begun.capacities, await slot.callAsync(this.#spec.number, begun.input)) : begun;
  }

  /** Puts arguments and input in place; or the result, if they do not fit. */
  #begin(args: (number | bigint)[]): { input: number; capacities: number[] } | number | bigint {
    const memory = new Uint8Array(this.#memory().buffer as ArrayBuffer);
    const input = this.#gather(memory, args);
    const capacities = input < 0 ? undefined : this.#reserve(memory, args);
    if (capacities === undefined) return this.#spec.module === 'oac' ? BigInt(-ERRNO.E2BIG) : WASI_E2BIG;
    return { input, capacities };
  }

  #end(args: (number | bigint)[], capacities: readonly number[], result: bigint): number | bigint {
    this.#deal(new Uint8Array(this.#memory().buffer as ArrayBuffer), args, capacities);
    return this.#spec.module === 'oac' ? result : Number(result);
  }

  /** Writes scalars and input; gives the bytes of input, or -1 when they do not fit. */
  #gather(memory: Uint8Array<ArrayBuffer>, args: (number | bigint)[]): number {
    const slot = this.#slot;
    let used = 0;
    for (let index = 0; index < this.#plans.length; index++) {
      const { kind, at } = this.#plans[index]!;
      let ranges: Range[] | undefined;
      if (kind === 'i32') slot.args[index] = BigInt(Number(args[at]) | 0);
      else if (kind === 'u32') slot.args[index] = BigInt(Number(args[at]) >>> 0);
      else if (kind === 'i64' || kind === 'u64') slot.args[index] = args[at] as bigint;
      else if (kind === 'in_bytes') ranges = [{ address: Number(args[at]) >>> 0, length: Number(args[at + 1]) >>> 0 }];
      else if (kind === 'in_iovs') ranges = readIovs(memory, Number(args[at]) >>> 0, Number(args[at + 1]) >>> 0);
      else if (typeof kind === 'object' && 'in_counted' in kind) {
        ranges = [{ address: Number(args[at]) >>> 0, length: this.#counted(kind.in_counted, args) }];
      }
      if (ranges === undefined) continue;
      const start = used;
      for (const { address, length } of ranges) {
        const taken = Math.min(length, SLOT_BYTES - used);
        if (taken < length && kind !== 'in_iovs' && !WRITES.has(this.#spec.name)) return -1;
        slot.data.set(memory.subarray(address, address + taken), used);
        used += taken;
        if (taken < length) break;
      }
      slot.args[index] = BigInt(used - start);
    }
    return used;
  }

  /** Writes the capacities of the output's regions: those of fixed size first get their room, the others share the rest, the last first. */
  #reserve(memory: Uint8Array<ArrayBuffer>, args: (number | bigint)[]): number[] | undefined {
    let room = SLOT_BYTES;
    const wanted: number[] = [];
    for (const { kind, at } of this.#plans) {
      if (!isOut(kind)) continue;
      let size: number;
      if (kind === 'out_bytes') size = Number(args[at + 1]) >>> 0;
      else if (kind === 'out_iovs') {
        size = readIovs(memory, Number(args[at]) >>> 0, Number(args[at + 1]) >>> 0).reduce((sum, iov) => sum + iov.length, 0);
      } else if (kind === 'out_strings') size = STRINGS_BYTES_MAX;
      else if (typeof kind === 'object' && 'out_fixed' in kind) size = kind.out_fixed;
      else size = this.#counted((kind as { out_counted: readonly [number, number] }).out_counted, args);
      wanted.push(size);
      if (!isElastic(kind)) room -= size;
    }
    if (room < 0) return undefined;
    // A buffer that takes what there is comes first in its row; what tells how much there was needs its room all the same.
    const outs = this.#plans.flatMap(({ kind }, index) => (isOut(kind) ? [{ kind, index }] : []));
    for (let region = outs.length - 1; region >= 0; region--) {
      const { kind, index } = outs[region]!;
      if (isElastic(kind)) {
        wanted[region] = Math.min(wanted[region]!, room);
        room -= wanted[region]!;
      }
      this.#slot.args[index] = BigInt(wanted[region]!);
    }
    return wanted;
  }

  #deal(memory: Uint8Array<ArrayBuffer>, args: (number | bigint)[], capacities: readonly number[]): void {
    const data = this.#slot.data;
    let start = 0;
    let region = 0;
    for (const { kind, at } of this.#plans) {
      if (!isOut(kind)) continue;
      const length = Math.min(this.#slot.written(region), capacities[region]!);
      const bytes = data.subarray(start, start + length);
      if (kind === 'out_iovs') scatter(memory, readIovs(memory, Number(args[at]) >>> 0, Number(args[at + 1]) >>> 0), bytes);
      else if (kind === 'out_strings') storeStrings(memory, Number(args[at]) >>> 0, Number(args[at + 1]) >>> 0, bytes);
      else memory.set(bytes, Number(args[at]) >>> 0);
      start += capacities[region]!;
      region++;
    }
  }

  #counted([size, param]: readonly [number, number], args: (number | bigint)[]): number {
    return size * (Number(args[this.#plans[param]!.at]) >>> 0);
  }
}

function readIovs(memory: Uint8Array<ArrayBuffer>, address: number, count: number): Range[] {
  const view = new DataView(memory.buffer);
  return Array.from({ length: count }, (_, index) => ({
    address: view.getUint32(address + index * 8, true),
    length: view.getUint32(address + index * 8 + 4, true),
  }));
}

function scatter(memory: Uint8Array<ArrayBuffer>, iovs: readonly Range[], bytes: Uint8Array): void {
  let from = 0;
  for (const { address, length } of iovs) {
    if (from >= bytes.length) return;
    memory.set(bytes.subarray(from, from + length), address);
    from += length;
  }
}

/** NUL-terminated strings, and the address of each. */
function storeStrings(memory: Uint8Array<ArrayBuffer>, pointers: number, strings: number, bytes: Uint8Array): void {
  memory.set(bytes, strings);
  const view = new DataView(memory.buffer);
  let pointer = pointers;
  let start = 0;
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at] !== 0) continue;
    view.setUint32(pointer, strings + start, true);
    pointer += 4;
    start = at + 1;
  }
}

/** Both import modules, complete: wasm takes of them what the program declares. Over a suspending slot, those that wait suspend the program. */
export function buildImports(
  slot: BlockingSlot | SuspendingSlot,
  exports: () => WebAssembly.Exports,
  clocks: Clocks,
): WebAssembly.Imports {
  const memory = (): WebAssembly.Memory => exports()['memory'] as WebAssembly.Memory;
  const guests = new Guests(exports);
  const stacks = new Stacks(exports);
  const imports: Record<string, Record<string, WebAssembly.ImportValue>> = { oac: {}, wasi_snapshot_preview1: {} };
  for (const spec of CALLS) {
    imports[spec.module]![spec.name] = spec.served === 'host' ? hosted(spec) : served(new Marshaller(spec, slot, memory));
  }
  return imports;

  function hosted(spec: CallSpec): WebAssembly.ImportValue {
    if (spec.name === 'guest_call' && slot instanceof SuspendingSlot) {
      return new Suspending(async (guest, entry, frame, fn) => BigInt(await guests.callAsync(Number(guest), Number(entry), Number(frame), Number(fn))));
    }
    if (spec.name === 'stack_call' && slot instanceof SuspendingSlot) {
      return new Suspending(async (fn, arg) => BigInt(await stacks.callAsync(Number(fn) >>> 0, Number(arg))));
    }
    return hostCall(spec, memory, clocks, guests, stacks);
  }

  function served(marshaller: Marshaller): WebAssembly.ImportValue {
    if (slot instanceof SuspendingSlot) return new Suspending((...args) => marshaller.invokeAsync(slot, args));
    return (...args: (number | bigint)[]) => marshaller.invoke(slot, args);
  }
}
