/** Time, randomness, guests and stacks: the calls that are answered beside the program, without a trip to the kernel. */
import { ERRNO, type CallSpec } from '../generated/abi.js';
import type { Guests } from './guests.js';
import type { Slot } from './slot.js';
import type { Stacks } from './stacks.js';

const REALTIME = 0;
const MONOTONIC = 1;
const PROCESS_CPU = 2;
/** `getRandomValues` gives no more at once. */
const RANDOM_BYTES_MAX = 65536;
const WASI_EINVAL = 28;

function nanoseconds(milliseconds: number): bigint {
  return BigInt(Math.round(milliseconds * 1e6));
}

export class Clocks {
  readonly #originMs: number;
  readonly #startMs = performance.now();
  readonly #slot: Slot;

  /** `originMs`: what the kernel's monotonic clock counts from, on the scale of `performance.timeOrigin`. */
  constructor(originMs: number, slot: Slot) {
    this.#originMs = originMs;
    this.#slot = slot;
  }

  /** In ns; `undefined` for a clock that is not there. */
  read(clock: number): bigint | undefined {
    switch (clock) {
      case REALTIME:
        return nanoseconds(performance.timeOrigin + performance.now());
      case MONOTONIC:
        return nanoseconds(Math.max(0, performance.timeOrigin + performance.now() - this.#originMs));
      case PROCESS_CPU:
        return nanoseconds(Math.max(0, performance.now() - this.#startMs - this.#slot.blockedMs));
      default:
        return undefined;
    }
  }
}

function fillRandom(memory: WebAssembly.Memory, address: number, length: number): void {
  for (let at = 0; at < length; at += RANDOM_BYTES_MAX) {
    crypto.getRandomValues(new Uint8Array(memory.buffer as ArrayBuffer, address + at, Math.min(RANDOM_BYTES_MAX, length - at)));
  }
}

type Import = (...args: (number | bigint)[]) => number | bigint;

/** The import for a call that the table says is served by the host. */
export function hostCall(spec: CallSpec, memory: () => WebAssembly.Memory, clocks: Clocks, guests: Guests, stacks: Stacks): Import {
  const store = (address: number, value: bigint): number => {
    new DataView(memory().buffer).setBigUint64(address, value, true);
    return 0;
  };
  switch (`${spec.module}.${spec.name}`) {
    case 'oac.clock_gettime':
      return (clock) => clocks.read(Number(clock)) ?? BigInt(-ERRNO.EINVAL);
    case 'oac.getrandom':
      return (address, length) => {
        fillRandom(memory(), Number(address) >>> 0, Number(length) >>> 0);
        return BigInt(Number(length) >>> 0);
      };
    case 'oac.guest_load':
      return (address, length) => BigInt(guests.load(Number(address) >>> 0, Number(length) >>> 0));
    case 'oac.guest_call':
      return (guest, entry, frame, fn) => BigInt(guests.call(Number(guest), Number(entry), Number(frame), Number(fn)));
    case 'oac.stack_call':
      return (fn, arg) => BigInt(stacks.call(Number(fn) >>> 0, Number(arg)));
    case 'wasi_snapshot_preview1.clock_res_get':
      // performance.now() in an isolated page is cut to 5 µs.
      return (clock, address) => (clocks.read(Number(clock)) === undefined ? WASI_EINVAL : store(Number(address) >>> 0, 5000n));
    case 'wasi_snapshot_preview1.clock_time_get':
      return (clock, _precision, address) => {
        const now = clocks.read(Number(clock));
        return now === undefined ? WASI_EINVAL : store(Number(address) >>> 0, now);
      };
    case 'wasi_snapshot_preview1.random_get':
      return (address, length) => {
        fillRandom(memory(), Number(address) >>> 0, Number(length) >>> 0);
        return 0;
      };
    default:
      throw new Error(`the table says that the host serves ${spec.name}, and it does not`);
  }
}
