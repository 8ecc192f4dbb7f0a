// `WebAssembly.Memory`: a part of this program's memory.

import { limits } from './limits';
import { PAGES_MAX } from './shape';
import { ofOneThread } from '../shared_memory';

const { ops } = host;
export const PAGE = 65536;

export class Memory {
  /** Where its description lies: the base, and at 8 the length in bytes. */
  #cell: number;
  #description: Uint32Array;
  #maximum: number | undefined;
  #buffer: ArrayBuffer | undefined;
  #shared: boolean;

  constructor(descriptor: any) {
    const [initial, maximum] = limits(descriptor, 'WebAssembly.Memory()', PAGES_MAX);
    this.#shared = Boolean(descriptor.shared);
    if (this.#shared && maximum === undefined) {
      throw new TypeError('WebAssembly.Memory(): If shared is true, maximum property should be defined.');
    }
    this.#maximum = maximum;
    this.#cell = ops.wasm_memory_new(initial, maximum);
    this.#description = new Uint32Array(host.engine.externalArrayBuffer(this.#cell, 16));
  }

  get buffer(): ArrayBuffer {
    if (this.#buffer === undefined) {
      this.#buffer = host.engine.externalArrayBuffer(this.#description[0]!, this.#description[2]!, this.#shared);
      if (this.#shared) ofOneThread.add(this.#buffer);
    }
    return this.#buffer;
  }

  grow(delta: number): number {
    const before = ops.wasm_memory_grow(this.#cell, Number(delta));
    if (before < 0) throw new RangeError('WebAssembly.Memory.grow(): Maximum memory size exceeded');
    // Detached even when it stayed where it was, as the interface has it.
    this.#detach();
    return before;
  }

  #detach(): void {
    if (this.#buffer !== undefined) host.engine.detachArrayBuffer(this.#buffer);
    this.#buffer = undefined;
  }

  static cell(memory: Memory): number {
    return memory.#cell;
  }

  /** Pages, and at most, and whether it is one for threads. */
  static size(memory: Memory): [number, number | undefined, boolean] {
    return [memory.#description[2]! / PAGE, memory.#maximum, memory.#shared];
  }

  /** A guest's `memory.grow`: -1 when it cannot. */
  static grown(memory: Memory, delta: number): number {
    const before = ops.wasm_memory_grow(memory.#cell, delta);
    if (before >= 0) memory.#detach();
    return before;
  }
}
