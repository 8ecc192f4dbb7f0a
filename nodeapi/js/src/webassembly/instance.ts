// `WebAssembly.Instance`: what is imported is checked and given to the guest, and what it exports is shown.

import { LinkError } from './errors';
import { outward, push, read, shared, stack, write } from './frames';
import { ENTRY_LINK, ENTRY_START, Guest } from './guest';
import { Global } from './global';
import { Memory } from './memory';
import { Module } from './module';
import { existing, letters, type Shape } from './shape';
import { Table } from './table';

export type Fail = (what: string) => never;

export function importFunction(guest: Guest, value: any, fail: Fail): void {
  if (typeof value !== 'function') fail('function import requires a callable');
  guest.imports.push(value);
  guest.outward.push(outward(value, guest.signature(guest.outward.length)));
}

export function importMemory(guest: Guest, value: any, wanted: Shape['memories'][number], fail: Fail): void {
  if (!(value instanceof Memory)) fail('memory import must be a WebAssembly.Memory object');
  const [pages, maximum, shared] = Memory.size(value);
  if (shared !== wanted.shared) fail(`mismatch in shared state of memory, declared = ${Number(wanted.shared)}, imported = ${Number(shared)}`);
  if (pages < wanted.initial) fail(`memory import has ${pages} pages which is smaller than the declared initial of ${wanted.initial}`);
  if (wanted.maximum !== null) {
    if (maximum === undefined) fail('memory import has no maximum limit, expected at most ' + wanted.maximum);
    if (maximum! > wanted.maximum) fail(`memory import has a larger maximum size ${maximum} than the module's declared maximum ${wanted.maximum}`);
  }
  guest.memories.push(value);
}

export function importTable(guest: Guest, value: any, wanted: Shape['tables'][number], fail: Fail): void {
  if (!(value instanceof Table)) fail('table import requires a WebAssembly.Table');
  const [external, length, maximum] = Table.limits(value);
  if (external !== wanted.external) fail('imported table does not match the expected type');
  if (length < wanted.initial) fail(`table import has ${length} elements, which is smaller than the initial ${wanted.initial}`);
  if (wanted.maximum !== null && (maximum === undefined || maximum > wanted.maximum)) {
    fail(maximum === undefined ? 'table import has no maximum length, expected ' + wanted.maximum : `table import has a larger maximum size ${maximum.toString(16)} than the module's declared maximum ${wanted.maximum}`);
  }
  guest.tables.push(value);
}

export function importGlobal(guest: Guest, value: any, wanted: Shape['globals'][number], fail: Fail): void {
  if (value instanceof Global) {
    const [letter, mutable] = Global.type(value);
    if (mutable !== wanted.mutable) fail('imported global does not match the expected mutability');
    if (letter !== wanted.letter) fail('imported global does not match the expected type');
    guest.globals.push(value);
    return;
  }
  if (wanted.mutable) fail('imported mutable global must be a WebAssembly.Global object');
  if (wanted.letter === 'I' ? typeof value !== 'bigint' : wanted.letter !== 'x' && typeof value !== 'number') {
    fail(wanted.letter === 'I' ? 'global import must be a BigInt' : 'global import must be a number, valid Wasm reference, or WebAssembly.Global object');
  }
  const name = Object.keys(letters).find((type) => letters[type] === wanted.letter);
  guest.globals.push(new Global({ value: name }, value));
}

export function importAll(guest: Guest, imports: any): void {
  const { shape } = guest;
  if (shape.imports.length > 0 && (imports === undefined || imports === null || typeof imports !== 'object')) {
    throw new TypeError('WebAssembly.Instance(): Imports argument must be present and must be an object');
  }
  shape.imports.forEach(({ module, name, kind, number }, index) => {
    const scope = imports[module];
    if ((typeof scope !== 'object' && typeof scope !== 'function') || scope === null) {
      throw new TypeError(`WebAssembly.Instance(): Import #${index} "${module}": module is not an object or function`);
    }
    const fail: Fail = (what) => {
      throw new LinkError(`WebAssembly.Instance(): Import #${index} "${module}" "${name}": ${what}`);
    };
    const value = scope[name];
    if (kind === 'function') importFunction(guest, value, fail);
    else if (kind === 'memory') importMemory(guest, value, shape.memories[number]!, fail);
    else if (kind === 'table') importTable(guest, value, shape.tables[number]!, fail);
    else importGlobal(guest, value, shape.globals[number]!, fail);
  });
}

/** Makes what the guest does not import. */
export function makeOwn(guest: Guest): void {
  const { shape } = guest;
  for (const { initial, maximum, shared } of shape.memories.slice(guest.memories.length)) {
    guest.memories.push(new Memory({ initial, maximum: maximum ?? undefined, shared }));
  }
  for (const { external, initial, maximum } of shape.tables.slice(guest.tables.length)) {
    guest.tables.push(new Table({ element: external ? 'externref' : 'anyfunc', initial, maximum: maximum ?? undefined }, existing, null));
  }
}

/** Initialises an instance: globals, tables, memories. */
export function link(guest: Guest): void {
  const { shape } = guest;
  const base = 3 + guest.memories.length;
  const slots = base + shape.importedGlobals + shape.segments.length;
  const { address, trampoline } = stack();
  const frame = push(slots);
  try {
    [address, trampoline, guest.number].forEach((word, slot) => write(frame, slot, 'i', word));
    guest.memories.forEach((memory, i) => write(frame, 3 + i, 'i', Memory.cell(memory)));
    guest.globals.forEach((global, i) => write(frame, base + i, shape.globals[i]!.letter, global.value));
    guest.enter(ENTRY_LINK, frame);
    shape.segments.forEach(({ table, functions }, i) => {
      const start = (read(frame, base + shape.importedGlobals + i, 'i') as number) >>> 0;
      Table.note(guest.tables[table]!, start, functions.map((fn) => (fn === null ? null : guest.exported(fn))));
    });
  } finally {
    shared!.words[0] = frame;
  }
  guest.globals.forEach((global, i) => Global.give(global, guest, shape.globals[i]!.getter, shape.globals[i]!.setter));
  for (const { letter, mutable, getter, setter } of shape.globals.slice(guest.globals.length)) {
    guest.globals.push(new (Global as any)(existing, [letter, mutable, { guest, getter, setter }]));
  }
  guest.enter(ENTRY_START, push(0));
}

export class Instance {
  exports: object;

  constructor(module: Module, imports?: any) {
    if (!(module instanceof Module)) throw new TypeError('WebAssembly.Instance(): Argument 0 must be a WebAssembly.Module');
    if (imports !== undefined && (typeof imports !== 'object' || imports === null)) {
      throw new TypeError('WebAssembly.Instance(): Argument 1 must be an object');
    }
    const { id, shape } = Module.known(module);
    const guest = new Guest(shape);
    stack();
    importAll(guest, imports);
    makeOwn(guest);
    guest.load(id);
    guest.tables.forEach((table, i) => Table.give(table, guest, shape.tables[i]!));
    link(guest);
    const exports = Object.create(null);
    for (const { name, kind, number } of shape.exports) {
      if (kind === 'function') exports[name] = guest.exported(number);
      else if (kind === 'memory') exports[name] = guest.memories[number];
      else if (kind === 'table') exports[name] = guest.tables[number];
      else if (kind === 'global') exports[name] = guest.globals[number];
    }
    this.exports = Object.freeze(exports);
  }
}
