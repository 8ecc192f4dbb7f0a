/** The task's side of its slot: makes a call and sleeps until the reply is there. Layout: `wire::slot` of oac-abi. */
import {
  SLOT_ARGS,
  SLOT_DATA,
  SLOT_INPUT_LEN,
  SLOT_NUMBER,
  SLOT_RET,
  SLOT_STATE,
  SLOT_TOTAL,
  SLOT_WRITTEN,
  STATE_KILLED,
  STATE_REQUESTED,
} from '../generated/abi.js';
import { ring } from '../host/doorbell.js';
import type { TaskCall } from '../messages.js';

/** Thrown through a program's frames when its task is to end. */
export class TaskEnded extends Error {
  override readonly name = 'TaskEnded';
}

/** Thrown likewise when a program has more memory than it may. */
export class OutOfMemory extends Error {
  override readonly name = 'OutOfMemory';
}

/** A slot's memory, and what is written into it before a call and read from it after. */
export abstract class Slot {
  /** The bytes that travel: input on the way there, output on the way back. */
  readonly data: Uint8Array;
  readonly args: BigInt64Array;
  protected readonly words: Int32Array;
  protected readonly ret: BigInt64Array;
  /** Time spent asleep, which is no CPU time of the task. */
  blockedMs = 0;
  #memory: WebAssembly.Memory | undefined;
  #memoryBytesMax = Infinity;

  constructor(memory: SharedArrayBuffer | ArrayBuffer) {
    this.data = new Uint8Array(memory, SLOT_DATA);
    this.args = new BigInt64Array(memory, SLOT_ARGS, (SLOT_DATA - SLOT_ARGS) / 8);
    this.words = new Int32Array(memory, 0, SLOT_RET / 4);
    this.ret = new BigInt64Array(memory, SLOT_RET, 1);
  }

  /** From now on, a call of a program with more memory than this is its end. */
  limitMemory(memory: WebAssembly.Memory, bytesMax: number): void {
    if (bytesMax === Infinity) return;
    this.#memory = memory;
    this.#memoryBytesMax = bytesMax;
  }

  /** @throws OutOfMemory */
  protected begin(number: number, inputBytes: number): void {
    if (this.#memory !== undefined && this.#memory.buffer.byteLength > this.#memoryBytesMax) {
      throw new OutOfMemory(`it has more than the ${this.#memoryBytesMax} bytes of memory that it may have`);
    }
    this.words[SLOT_NUMBER / 4] = number;
    this.words[SLOT_INPUT_LEN / 4] = inputBytes;
  }

  /** Bytes that the last call wrote into an output region. */
  written(region: number): number {
    return this.words[SLOT_WRITTEN / 4 + region]! >>> 0;
  }
}

/** A slot whose calls return with their result. */
export interface BlockingSlot extends Slot {
  /** Sends the call whose arguments and input are in place; gives its result. */
  call(number: number, inputBytes: number): bigint;
}

/** In shared memory: sleeps in `Atomics.wait`. */
export class SharedSlot extends Slot implements BlockingSlot {
  readonly #shared: Int32Array<SharedArrayBuffer>;
  readonly #bell: Int32Array<SharedArrayBuffer>;
  readonly #index: number;

  constructor(memory: SharedArrayBuffer, doorbell: SharedArrayBuffer, index: number) {
    super(memory);
    this.#shared = new Int32Array(memory, 0, SLOT_RET / 4);
    this.#bell = new Int32Array(doorbell);
    this.#index = index;
  }

  call(number: number, inputBytes: number): bigint {
    this.begin(number, inputBytes);
    const words = this.#shared;
    if (Atomics.exchange(words, SLOT_STATE / 4, STATE_REQUESTED) === STATE_KILLED) throw new TaskEnded();
    const asleep = performance.now();
    ring(this.#bell, this.#index);
    while (Atomics.load(words, SLOT_STATE / 4) === STATE_REQUESTED) {
      Atomics.wait(words, SLOT_STATE / 4, STATE_REQUESTED);
    }
    this.blockedMs += performance.now() - asleep;
    if (Atomics.load(words, SLOT_STATE / 4) === STATE_KILLED) throw new TaskEnded();
    return this.ret[0]!;
  }
}

/** In memory of its own: a call is a message, and the program's stack is suspended until the answer. */
export class SuspendingSlot extends Slot {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #port: MessagePort;
  #answered: ((reply: Uint8Array) => void) | undefined;

  constructor(port: MessagePort) {
    const memory = new ArrayBuffer(SLOT_TOTAL);
    super(memory);
    this.#bytes = new Uint8Array(memory);
    this.#port = port;
  }

  /** The kernel's answer to the call under way. */
  answer(reply: Uint8Array): void {
    this.#answered?.(reply);
  }

  async callAsync(number: number, inputBytes: number): Promise<bigint> {
    this.begin(number, inputBytes);
    const asleep = performance.now();
    const call = this.#bytes.slice(0, SLOT_DATA + inputBytes);
    const reply = await new Promise<Uint8Array>((resolve) => {
      this.#answered = resolve;
      this.#port.postMessage({ call } satisfies TaskCall, [call.buffer]);
    });
    this.#bytes.set(reply);
    this.blockedMs += performance.now() - asleep;
    return this.ret[0]!;
  }
}

/** The same, where stacks cannot be suspended: a synchronous request that the service worker answers. */
export class RequestSlot extends Slot implements BlockingSlot {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #address: string;

  constructor(address: string) {
    const memory = new ArrayBuffer(SLOT_TOTAL);
    super(memory);
    this.#bytes = new Uint8Array(memory);
    this.#address = address;
  }

  call(number: number, inputBytes: number): bigint {
    this.begin(number, inputBytes);
    const asleep = performance.now();
    let body: Uint8Array<ArrayBuffer> = this.#bytes.slice(0, SLOT_DATA + inputBytes);
    for (;;) {
      const request = new XMLHttpRequest();
      request.open('POST', this.#address, false);
      request.responseType = 'arraybuffer';
      request.send(body);
      if (request.status === 410) throw new TaskEnded();
      if (request.status === 200) {
        this.#bytes.set(new Uint8Array(request.response as ArrayBuffer));
        break;
      }
      // It takes longer than a browser lets a request take: ask for the same call's answer again.
      if (request.status !== 504) throw new Error(`a call was answered with ${request.status}`);
      body = new Uint8Array();
    }
    this.blockedMs += performance.now() - asleep;
    return this.ret[0]!;
  }
}
