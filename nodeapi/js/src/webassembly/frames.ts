// Frames: arguments and results of calls between scripts and guests, on a stack that both see.

import { failed } from './guest';
import { reference, referent, sweepReferences } from './references';
import type { Signature } from './shape';

const { ops } = host;

export interface Stack {
  address: number;
  trampoline: number;
  words: Int32Array;
  longs: BigInt64Array;
  floats: Float32Array;
  doubles: Float64Array;
}

export let shared: Stack | undefined;

/** The stack, made when the first guest is. Its first words: top, limit, and what a guest has noted when it trapped. */
export function stack(): Stack {
  if (shared === undefined) {
    const [address, bytes, , trampoline] = ops.wasm_stack();
    const buffer = host.engine.externalArrayBuffer(address, bytes);
    const [words, longs] = [new Int32Array(buffer), new BigInt64Array(buffer)];
    shared = { address, trampoline, words, longs, floats: new Float32Array(buffer), doubles: new Float64Array(buffer) };
  }
  return shared;
}

/** Takes a frame; gives its address. */
export function push(slots: number): number {
  const { words } = stack();
  const frame = words[0]!;
  if (frame + 8 * slots > words[1]!) throw new RangeError('Maximum call stack size exceeded');
  words[0] = frame + 8 * slots;
  return frame;
}

/** How a slot of a type is written and read, as source text: typed arrays convert as the interface wants. */
export const slotText: Record<string, (slot: string) => string> = {
  i: (slot) => `words[2 * (${slot})]`,
  I: (slot) => `longs[${slot}]`,
  f: (slot) => `floats[2 * (${slot})]`,
  F: (slot) => `doubles[${slot}]`,
};
export const writeText = (letter: string, slot: string, value: string): string =>
  letter === 'x' ? `words[2 * (${slot})] = reference(${value});` : `${slotText[letter]!(slot)} = ${value};`;
export const readText = (letter: string, slot: string): string =>
  letter === 'x' ? `referent(words[2 * (${slot})])` : slotText[letter]!(slot);

export const compiled = new Map<string, Function>();

/** Compiles `body` once for each text, with the stack's views in scope. */
export function compile(params: string[], body: string): any {
  const key = `${params.join()}:${body}`;
  let maker = compiled.get(key);
  if (maker === undefined) {
    const scope = ['stack', 'reference', 'referent', 'ops', 'failed', 'sweep', ...params];
    const text = `const { address, words, longs, floats, doubles } = stack;\n${body}`;
    maker = host.engine.compileFunction(text, 'glue:interpose/webassembly', scope, 0) as Function;
    compiled.set(key, maker);
  }
  return (...values: unknown[]) => maker(stack(), reference, referent, ops, failed, sweepReferences, ...values);
}

/** A function that calls one of a guest's. */
export function inward(guest: number, fn: number, { params, results, entry }: Signature): (...args: any[]) => any {
  const names = [...params].map((_, i) => `a${i}`);
  const slots = Math.max(params.length, results.length);
  const results_ = [...results].map((letter, i) => readText(letter, `at + ${i}`));
  const make = compile(['guest', 'entry', 'fn'], `return (${names.join()}) => {
    const frame = words[0], top = frame + ${8 * slots}, at = (frame - address) / 8;
    if (top > words[1]) throw new RangeError('Maximum call stack size exceeded');
    words[0] = top;
    ${names.length === 0 ? '' : `try { ${names.map((name, i) => writeText(params[i]!, `at + ${i}`, name)).join(' ')} } catch (error) { words[0] = frame; throw error; }`}
    const trap = ops.wasm_enter(guest, entry, frame, fn);
    words[0] = frame;
    if (trap !== 0) failed(trap);
    ${results.includes('x') || params.includes('x') ? `const result = ${resultText(results_)}; if (at === 2) sweep(); return result;` : `return ${resultText(results_)};`}
  };`);
  return make(guest, entry, fn);
}

export const resultText = (results: string[]): string =>
  results.length === 0 ? 'undefined' : results.length === 1 ? results[0]! : `[${results.join()}]`;

/** What is run when a guest calls an import: takes its frame. */
export function outward(fn: Function, { params, results }: Signature): (frame: number) => void {
  const args = [...params].map((letter, i) => readText(letter, `at + ${i}`)).join();
  const answers = results.length === 1
    ? writeText(results, 'at', 'value')
    : `const values = [...value]; if (values.length !== ${results.length}) throw new TypeError('multi-return length mismatch');
       ${[...results].map((letter, i) => writeText(letter, `at + ${i}`, `values[${i}]`)).join(' ')}`;
  const make = compile(['fn'], `return (frame) => {
    const at = (frame - address) / 8;
    ${results.length === 0 ? '' : 'const value = '}fn(${args});
    ${results.length === 0 ? '' : answers}
  };`);
  return make(fn);
}

export function write(frame: number, slot: number, letter: string, value: any): void {
  const { address, words, longs, floats, doubles } = shared!;
  const at = (frame - address) / 8 + slot;
  switch (letter) {
    case 'i': words[2 * at] = value; break;
    case 'I': longs[at] = value; break;
    case 'f': floats[2 * at] = value; break;
    case 'F': doubles[at] = value; break;
    default: words[2 * at] = reference(value);
  }
}

export function read(frame: number, slot: number, letter: string): unknown {
  const { address, words } = shared!;
  const at = (frame - address) / 8 + slot;
  return letter === 'x' ? referent(words[2 * at]!) : words[2 * at];
}
