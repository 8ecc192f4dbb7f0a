// `WebAssembly.Module`.

import { bytesOf, CompileError } from './errors';
import type { Shape } from './shape';
import { sharedNatives } from '../structured_clone';

const { ops } = host;

export class Module {
  #id: number;
  #shape: Shape;

  constructor(source: unknown) {
    const bytes = bytesOf(source, 'WebAssembly.Module()');
    if (bytes.length === 0) throw new CompileError('WebAssembly.Module(): BufferSource argument is empty');
    try {
      ({ id: this.#id, shape: this.#shape } = ops.wasm_module(bytes));
    } catch (error: any) {
      throw error?.code === 'wasm:CompileError' ? new CompileError(`WebAssembly.Module(): ${error.message}`) : error;
    }
  }

  /** What other threads make it again of. */
  static bytes(module: Module): Uint8Array {
    return ops.wasm_bytes(module.#id);
  }

  static known(module: Module): { id: number; shape: Shape } {
    return { id: module.#id, shape: module.#shape };
  }

  static imports(module: Module): object[] {
    return module.#shape.imports.map(({ module: from, name, kind }) => ({ module: from, name, kind }));
  }

  static exports(module: Module): object[] {
    return module.#shape.exports.map(({ name, kind }) => ({ name, kind }));
  }

  static customSections(module: Module, name: string): ArrayBufferLike[] {
    if (name === undefined) throw new TypeError('WebAssembly.Module.customSections(): Argument 1 is required');
    return ops.wasm_custom_sections(module.#id, String(name)).map((bytes) => bytes.buffer);
  }
}

sharedNatives.push({
  name: 'WebAssembly.Module',
  is: (value) => value instanceof Module,
  toValue: (module: Module) => Module.bytes(module),
  fromValue: (bytes: Uint8Array) => new Module(bytes),
});
