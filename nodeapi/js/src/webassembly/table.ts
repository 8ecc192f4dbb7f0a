// `WebAssembly.Table`.

import { LinkError, RuntimeError } from './errors';
import { origins, type Guest } from './guest';
import { limits } from './limits';
import { existing, letters, TABLE_MAX, type Shape } from './shape';

export class Table {
  #external: boolean;
  #maximum: number | undefined;
  /** References, or functions as far as they are known: a table of functions is the guest's, and this is its image. */
  #elements: unknown[];
  /** The guest that has a table of functions, and its accessors; none for a table that no guest has been given yet. */
  #owner: { guest: Guest; accessors: number[]; changed: boolean } | undefined;

  constructor(descriptor: any, value?: any, ...more: unknown[]) {
    const letter = letters[descriptor?.element];
    if (letter !== 'r' && letter !== 'x') {
      throw new TypeError("WebAssembly.Table(): Descriptor property 'element' must be a WebAssembly reference type");
    }
    const [initial, maximum] = limits(descriptor, 'WebAssembly.Table()', TABLE_MAX);
    this.#external = letter === 'x';
    this.#maximum = maximum;
    // A missing value is undefined for references and null for functions; `existing` tells our own calls.
    const first = value === existing ? more[0] : this.#external ? value : value ?? null;
    this.#elements = new Array(initial).fill(first);
    if (!this.#external && first !== null) this.#checkFunction(first, 'WebAssembly.Table()');
  }

  get length(): number {
    const owner = this.#owner;
    return owner?.changed === true ? owner.guest.call(owner.accessors[0]!, []) : this.#elements.length;
  }

  get(index: number): unknown {
    if (this.#owner?.changed === true) {
      throw new RuntimeError('WebAssembly.Table.get(): the functions of a table that its module changes cannot be told here');
    }
    return this.#at(index, 'get')[Number(index)];
  }

  set(index: number, ...value: unknown[]): void {
    const elements = this.#at(index, 'set');
    const given = value.length > 0 ? value[0] : this.#external ? undefined : null;
    if (!this.#external) this.#put(Number(index), given);
    elements[Number(index)] = given;
  }

  grow(delta: number, ...value: unknown[]): number {
    const given = value.length > 0 ? value[0] : this.#external ? undefined : null;
    if (!this.#external) this.#checkFunction(given, 'WebAssembly.Table.grow()');
    const before = this.grown(Number(delta), given);
    if (before < 0) throw new RangeError(`WebAssembly.Table.grow(): failed to grow table by ${delta}`);
    return before;
  }

  #at(index: unknown, who: string): unknown[] {
    const number = Number(index);
    if (!(number >= 0 && number < this.length)) {
      throw new RangeError(`WebAssembly.Table.${who}(): invalid address ${String(index)} in ${this.#external ? 'externref' : 'funcref'} table of size ${this.length}`);
    }
    return this.#elements;
  }

  #checkFunction(value: unknown, who: string): void {
    if (value !== null && !origins.has(value as Function)) {
      throw new TypeError(`${who}: Argument 1 is invalid for table: function-typed object expected`);
    }
  }

  /** Puts a function into the guest's table. */
  #put(index: number, value: unknown): void {
    this.#checkFunction(value, 'WebAssembly.Table.set()');
    const owner = this.#owner;
    if (owner === undefined) return;
    const origin = value === null ? undefined : origins.get(value as Function)!;
    if (origin !== undefined && origin.guest !== owner.guest) {
      throw new TypeError("WebAssembly.Table.set(): a function of another instance cannot be put into this instance's table here");
    }
    owner.guest.call(owner.accessors[2]!, [index, origin?.fn ?? -1]);
  }

  /** The elements, when all of a range are there. */
  elements(start: number, count: number): unknown[] {
    if (start + count > this.#elements.length) throw new RuntimeError('table index is out of bounds');
    return this.#elements;
  }

  /** Grows; -1 when it cannot. */
  grown(delta: number, value: unknown): number {
    const before = this.length;
    if (!(delta >= 0) || before + delta > (this.#maximum ?? TABLE_MAX)) return -1;
    if (this.#owner !== undefined && this.#owner.guest.call(this.#owner.accessors[1]!, [delta]) < 0) return -1;
    for (let i = 0; i < delta; i += 1) {
      this.#elements.push(value);
      if (!this.#external && value !== null) this.#put(before + i, value);
    }
    return before;
  }

  /** Gives a table to a guest that has just been loaded: as long as it is, with what it holds. */
  static give(table: Table, guest: Guest, shape: Shape['tables'][number]): void {
    if (table.#external) return;
    if (table.#owner !== undefined) {
      throw new LinkError('WebAssembly.Instance(): a table of functions cannot be shared by two instances here');
    }
    if (table.#elements.some((element) => element !== null)) {
      throw new LinkError("WebAssembly.Instance(): a table that holds another instance's functions cannot be imported here");
    }
    table.#owner = { guest, accessors: shape.accessors, changed: shape.changed };
    const missing = table.#elements.length - shape.initial;
    if (missing > 0) guest.call(shape.accessors[1]!, [missing]);
  }

  /** What an active segment has put into the table. */
  static note(table: Table, start: number, functions: (Function | null)[]): void {
    functions.forEach((fn, i) => { table.#elements[start + i] = fn; });
  }

  static limits(table: Table): [external: boolean, length: number, maximum: number | undefined] {
    return [table.#external, table.length, table.#maximum];
  }
}
