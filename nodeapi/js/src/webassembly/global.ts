// `WebAssembly.Global`.

import { LinkError } from './errors';
import type { Guest } from './guest';
import { existing, letters } from './shape';

export class Global {
  #letter: string;
  #mutable: boolean;
  #value: unknown;
  /** The guest that has the variable. */
  #owner: { guest: Guest; getter: number; setter: number | null } | undefined;

  constructor(descriptor: any, value?: any) {
    if (descriptor === existing) {
      [this.#letter, this.#mutable, this.#owner] = value;
      return;
    }
    const letter = letters[descriptor?.value];
    if (letter === undefined) throw new TypeError("WebAssembly.Global(): Descriptor property 'value' must be a WebAssembly type");
    this.#letter = letter;
    this.#mutable = Boolean(descriptor.mutable);
    this.#value = coerced(letter, value === undefined && letter !== 'x' ? (letter === 'I' ? 0n : letter === 'r' ? null : 0) : value);
  }

  get value(): unknown {
    return this.#owner === undefined ? this.#value : this.#owner.guest.call(this.#owner.getter, []);
  }

  set value(value: any) {
    if (!this.#mutable) throw new TypeError("set WebAssembly.Global.value: Can't set the value of an immutable global.");
    if (this.#owner === undefined) this.#value = coerced(this.#letter, value);
    else this.#owner.guest.call(this.#owner.setter!, [value]);
  }

  valueOf(): unknown {
    return this.value;
  }

  static type(global: Global): [letter: string, mutable: boolean] {
    return [global.#letter, global.#mutable];
  }

  /** From now on the variable is the guest's. */
  static give(global: Global, guest: Guest, getter: number, setter: number | null): void {
    if (!global.#mutable) return;
    if (global.#owner !== undefined) {
      throw new LinkError('WebAssembly.Instance(): a mutable global cannot be shared by two instances here');
    }
    global.#owner = { guest, getter, setter };
  }
}

/** A value as a variable of this type holds it. */
export function coerced(letter: string, value: any): unknown {
  switch (letter) {
    case 'i': return value | 0;
    case 'I': return BigInt.asIntN(64, BigInt(value));
    case 'f': return Math.fround(value);
    case 'F': return Number(value);
    case 'r': {
      if (value !== null) throw new TypeError('WebAssembly.Global(): values of funcref other than null are not available here');
      return null;
    }
    default: return value;
  }
}
