// `WebAssembly` for an engine that has none. As the WebAssembly JavaScript Interface, with V8's messages where programs look at them.
//
// A module is rewritten (runtime/graft) and run by the host's own engine as a guest in this program's memory. So a call into it is a
// plain call, and its memory is shown as an ArrayBuffer over our own; a buffer is detached when its memory grows. Arguments and
// results pass through frames of 8-byte slots on a stack that guests and this file share.

import { bytesOf, CompileError, LinkError, RuntimeError } from '../webassembly/errors';
import { Global } from '../webassembly/global';
import { Instance } from '../webassembly/instance';
import { Memory } from '../webassembly/memory';
import { Module } from '../webassembly/module';
import { Table } from '../webassembly/table';

const { ops } = host;
const Uint8 = Uint8Array;

/** Whether this is a memory of ours, whatever a script has made of the global names. */
export function isMemory(value: unknown): value is { buffer: ArrayBuffer } {
  return value instanceof Memory;
}

/** Messages name the function that was called. */
function named<T>(who: string, work: () => T): T {
  try {
    return work();
  } catch (error: any) {
    if (typeof error?.message === 'string') error.message = error.message.replace(/^WebAssembly\.(Module|Instance)\(\)/, who);
    throw error;
  }
}

const api = {
  validate: (source: unknown): boolean => ops.wasm_validate(bytesOf(source, 'WebAssembly.validate()')),
  compile: async (source: unknown): Promise<Module> => named('WebAssembly.compile()', () => new Module(source)),
  instantiate: async (source: unknown, imports?: unknown): Promise<unknown> => named('WebAssembly.instantiate()', () => {
    if (source instanceof Module) return new Instance(source, imports);
    const module = new Module(source);
    return { module, instance: new Instance(module, imports) };
  }),
};

/** How Node reads a response for `compileStreaming`: `setImplementation` of the binding `wasm_web_api`. */
export const streaming: { read?: (state: object, source: unknown) => void } = {};

/** A module from a response, or a promise of one. */
function compileStreaming(who: string, source: unknown): Promise<Module> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    streaming.read!({
      setURL() {},
      push(chunk: unknown) { chunks.push(bytesOf(chunk, who).slice()); },
      abort: reject,
      finish() {
        const bytes = new Uint8(chunks.reduce((total, chunk) => total + chunk.length, 0));
        let at = 0;
        for (const chunk of chunks) {
          bytes.set(chunk, at);
          at += chunk.length;
        }
        try {
          resolve(named(who, () => new Module(bytes)));
        } catch (error) {
          reject(error);
        }
      },
    }, source);
  });
}

const streamingApi = {
  compileStreaming: (source: unknown): Promise<Module> => compileStreaming('WebAssembly.compileStreaming()', source),
  instantiateStreaming: async (source: unknown, imports?: unknown): Promise<unknown> => {
    const module = await compileStreaming('WebAssembly.instantiateStreaming()', source);
    return { module, instance: new Instance(module, imports) };
  },
};

if (host.global.WebAssembly === undefined) {
  const WebAssembly = {};
  const members = { Module, Instance, Memory, Table, Global, CompileError, LinkError, RuntimeError, ...api, ...streamingApi };
  for (const [name, value] of Object.entries(members)) {
    Object.defineProperty(WebAssembly, name, { value, writable: true, configurable: true, enumerable: false });
  }
  for (const Class of [Module, Instance, Memory, Table, Global]) {
    Object.defineProperty(Class.prototype, Symbol.toStringTag, { value: `WebAssembly.${Class.name}`, configurable: true });
  }
  // Ours alone: scripts must not find them.
  const own: [object, string[]][] = [[Module, ['known', 'bytes']], [Memory, ['cell', 'size', 'grown']], [Table, ['give', 'note', 'limits']], [Global, ['type', 'give']]];
  for (const [Class, names] of own) for (const name of names) Object.defineProperty(Class, name, { enumerable: false });
  Object.defineProperty(WebAssembly, Symbol.toStringTag, { value: 'WebAssembly', configurable: true });
  Object.defineProperty(host.global, 'WebAssembly', { value: WebAssembly, writable: true, configurable: true, enumerable: false });
}
