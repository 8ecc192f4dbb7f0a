// What is known of a module, and the names that all of `WebAssembly` here shares.

declare global {
  interface Ops {
    wasm_validate(bytes: Bytes): boolean;
    wasm_module(bytes: Bytes): { id: number; shape: Shape };
    wasm_bytes(module: number): Uint8Array;
    wasm_custom_sections(module: number, name: string): Uint8Array[];
    wasm_load(module: number): number;
    wasm_enter(guest: number, entry: number, frame: number, fn: number): number;
    wasm_stack(): [address: number, bytes: number, firstFrame: number, trampoline: number];
    wasm_trap_message(trap: number, noted: number): string;
    wasm_memory_new(initial: number, maximum?: number): number;
    wasm_memory_grow(cell: number, pages: number): number;
  }
  interface Engine {
    externalArrayBuffer(address: number, length: number, shared?: boolean): ArrayBuffer;
  }
}

export type Kind = 'function' | 'memory' | 'table' | 'global' | 'tag';

/** As `oac_graft::Shape`. */
export interface Shape {
  imports: { module: string; name: string; kind: Kind; number: number }[];
  exports: { name: string; kind: Kind; number: number }[];
  /** `params results entry` each. */
  functions: string[];
  memories: { initial: number; maximum: number | null; shared: boolean }[];
  tables: { external: boolean; initial: number; maximum: number | null; changed: boolean; accessors: number[] }[];
  globals: { letter: string; mutable: boolean; getter: number; setter: number | null }[];
  importedGlobals: number;
  segments: { table: number; functions: (number | null)[] }[];
}

export interface Signature { params: string; results: string; entry: number }

/** Given to a constructor that makes the JavaScript side of something that exists. */
export const existing = Symbol('existing');
export const letters: Record<string, string> = { i32: 'i', i64: 'I', f32: 'f', f64: 'F', externref: 'x', anyfunc: 'r', funcref: 'r' };
export const PAGES_MAX = 65536;
export const TABLE_MAX = 10_000_000;
