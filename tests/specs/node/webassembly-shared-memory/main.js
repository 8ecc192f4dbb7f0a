// A memory that is declared as shared: its buffer is a SharedArrayBuffer, atomic instructions work, imports must agree on it.
'use strict';

const memory = new WebAssembly.Memory({ initial: 1, maximum: 3, shared: true });
console.log(memory.buffer instanceof SharedArrayBuffer, memory.buffer.byteLength);
// (module (import "e" "m" (memory 1 3 shared)) (func (export "add") (param i32 i32) (result i32) (i32.atomic.rmw.add (local.get 0) (local.get 1))))
const bytes = new Uint8Array([
  0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 7, 1, 0x60, 2, 0x7f, 0x7f, 1, 0x7f, 2, 9, 1, 1, 0x65, 1, 0x6d, 2, 3, 1, 3, 3, 2, 1, 0, 7, 7, 1, 3, 0x61, 0x64,
  0x64, 0, 0, 10, 12, 1, 10, 0, 0x20, 0, 0x20, 1, 0xfe, 0x1e, 2, 0, 0x0b,
]);
const module = new WebAssembly.Module(bytes);
const { exports } = new WebAssembly.Instance(module, { e: { m: memory } });
const words = new Int32Array(memory.buffer);
console.log(exports.add(8, 5), exports.add(8, 2), words[2], Atomics.load(words, 2), Atomics.add(words, 2, 1), words[2]);
const before = memory.buffer;
console.log(memory.grow(1), memory.buffer === before, memory.buffer.byteLength, new Int32Array(memory.buffer)[2]);
for (const make of [
  () => new WebAssembly.Memory({ initial: 1, shared: true }),
  () => new WebAssembly.Instance(module, { e: { m: new WebAssembly.Memory({ initial: 1, maximum: 3 }) } }),
]) {
  try {
    make();
  } catch (error) {
    console.log(error.name, error.message);
  }
}
