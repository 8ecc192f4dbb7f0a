// What the families of calls share: the guest that calls, and how calls are declared.

import type { Descriptors } from './descriptors';
import type { GuestMemory } from './memory';

export interface Guest {
  readonly memory: GuestMemory;
  readonly descriptors: Descriptors;
  /** As bytes, without their ends. */
  readonly args: Uint8Array[];
  readonly environment: Uint8Array[];
}

/**
 * A call: its parameters, a letter each (`i` a number of 32 bits, `I` one of 64), and what it does. It gives nothing, or the number of
 * an error; or throws `Refused`.
 */
export type Call = [parameters: string, run: (guest: Guest, ...args: any[]) => number | void];

export type Calls = Record<string, Call>;
