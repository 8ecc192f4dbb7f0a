// Preview 1 of WASI for WebAssembly inside a script: what `node:wasi` gives as imports. As src/node_wasi.cc over uvwasi; its calls are
// system calls of this program.

import { utf8Bytes } from './buffer';
import { isMemory } from '../interpose/webassembly';
import type { Call, Guest } from '../wasi/calls';
import { Descriptors } from '../wasi/descriptors';
import { Refused, wasiError, wasiErrorName } from '../wasi/errors';
import { fdCalls } from '../wasi/fd_calls';
import { GuestMemory } from '../wasi/memory';
import { pathCalls } from '../wasi/path_calls';
import { processCalls, selfCalls } from '../wasi/process_calls';

const EINVAL = wasiError('EINVAL');

function failure(code: string, message: string, kind: ErrorConstructor): Error {
  return Object.assign(new kind(message), { code });
}

class WASI {
  #guest: Guest | undefined;
  readonly #descriptors: Descriptors;
  readonly #args: Uint8Array[];
  readonly #environment: Uint8Array[];

  constructor(args: string[], environment: string[], preopens: string[], stdio: number[]) {
    this.#args = args.map(utf8Bytes);
    this.#environment = environment.map(utf8Bytes);
    try {
      this.#descriptors = new Descriptors(stdio, preopens);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      const code = wasiErrorName(error.errno);
      throw Object.assign(new Error(`${code}, uvwasi_init`), { errno: error.errno, code, syscall: 'uvwasi_init' });
    }
  }

  _setMemory(memory: unknown): void {
    if (!isMemory(memory)) {
      throw failure('ERR_INVALID_ARG_TYPE', '"instance.exports.memory" property must be a WebAssembly.Memory object', TypeError);
    }
    this.#guest = {
      memory: new GuestMemory(memory), descriptors: this.#descriptors, args: this.#args, environment: this.#environment,
    };
  }

  static call(wasi: WASI, [parameters, run]: Call, args: unknown[]): number {
    if (wasi.#guest === undefined) throw failure('ERR_WASI_NOT_STARTED', 'wasi.start() has not been called', Error);
    if (args.length !== parameters.length) return EINVAL;
    const values: unknown[] = [];
    for (let i = 0; i < args.length; i += 1) {
      const value = args[i];
      if (parameters[i] === 'I') {
        if (typeof value !== 'bigint') return EINVAL;
        values.push(BigInt.asUintN(64, value));
      } else {
        if (typeof value !== 'number' || !Number.isInteger(value)) return EINVAL;
        values.push(value >>> 0);
      }
    }
    try {
      return run(wasi.#guest, ...values) ?? 0;
    } catch (error) {
      if (error instanceof Refused) return error.errno;
      throw error;
    }
  }
}

/** The calls as methods that can be listed, with the length that Node's have. */
function addCalls(): void {
  const { call } = WASI;
  delete (WASI as any).call;
  for (const [name, declared] of Object.entries({ ...selfCalls, ...fdCalls, ...pathCalls, ...processCalls })) {
    const value = { [name](this: WASI, ...args: unknown[]): number { return call(this, declared, args); } }[name]!;
    Object.defineProperty(value, 'length', { value: declared[0].length, configurable: true });
    Object.defineProperty(WASI.prototype, name, { value, writable: true, configurable: true, enumerable: true });
  }
  Object.defineProperty(WASI.prototype, '_setMemory', { enumerable: true });
}
addCalls();

export function create(): object {
  return { WASI };
}
