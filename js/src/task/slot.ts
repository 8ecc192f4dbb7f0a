/** The task's side of its slot: makes a call and sleeps until the reply is there. Layout: `wire::slot` of oac-abi. */
import {
  SLOT_ARGS,
  SLOT_DATA,
  SLOT_INPUT_LEN,
  SLOT_NUMBER,
  SLOT_RET,
  SLOT_STATE,
  SLOT_WRITTEN,
  STATE_KILLED,
  STATE_REQUESTED,
} from '../generated/abi.js';
import { ring } from '../host/doorbell.js';

/** Thrown through a program's frames when its task is to end. */
export class TaskEnded extends Error {
  override readonly name = 'TaskEnded';
}

/** Thrown likewise when a program has more memory than it may. */
export class OutOfMemory extends Error {
  override readonly name = 'OutOfMemory';
}

export class Slot {
  /** The bytes that travel: input on the way there, output on the way back. */
  readonly data: Uint8Array<SharedArrayBuffer>;
  readonly args: BigInt64Array<SharedArrayBuffer>;
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #ret: BigInt64Array<SharedArrayBuffer>;
  readonly #bell: Int32Array<SharedArrayBuffer>;
  readonly #index: number;
  /** Time spent asleep, which is no CPU time of the task. */
  blockedMs = 0;
  #memory: WebAssembly.Memory | undefined;
  #memoryBytesMax = Infinity;

  constructor(memory: SharedArrayBuffer, doorbell: SharedArrayBuffer, index: number) {
    this.data = new Uint8Array(memory, SLOT_DATA);
    this.args = new BigInt64Array(memory, SLOT_ARGS, (SLOT_DATA - SLOT_ARGS) / 8);
    this.#words = new Int32Array(memory, 0, SLOT_RET / 4);
    this.#ret = new BigInt64Array(memory, SLOT_RET, 1);
    this.#bell = new Int32Array(doorbell);
    this.#index = index;
  }

  /** From now on, a call of a program with more memory than this is its end. */
  limitMemory(memory: WebAssembly.Memory, bytesMax: number): void {
    if (bytesMax === Infinity) return;
    this.#memory = memory;
    this.#memoryBytesMax = bytesMax;
  }

  /** Sends the call whose arguments and input are in place; gives its result. */
  call(number: number, inputBytes: number): bigint {
    if (this.#memory !== undefined && this.#memory.buffer.byteLength > this.#memoryBytesMax) {
      throw new OutOfMemory(`it has more than the ${this.#memoryBytesMax} bytes of memory that it may have`);
    }
    const words = this.#words;
    words[SLOT_NUMBER / 4] = number;
    words[SLOT_INPUT_LEN / 4] = inputBytes;
    if (Atomics.exchange(words, SLOT_STATE / 4, STATE_REQUESTED) === STATE_KILLED) throw new TaskEnded();
    const asleep = performance.now();
    ring(this.#bell, this.#index);
    while (Atomics.load(words, SLOT_STATE / 4) === STATE_REQUESTED) {
      Atomics.wait(words, SLOT_STATE / 4, STATE_REQUESTED);
    }
    this.blockedMs += performance.now() - asleep;
    if (Atomics.load(words, SLOT_STATE / 4) === STATE_KILLED) throw new TaskEnded();
    return this.#ret[0]!;
  }

  /** Bytes that the last call wrote into an output region. */
  written(region: number): number {
    return this.#words[SLOT_WRITTEN / 4 + region]! >>> 0;
  }
}
