// The shapes of Node's own bindings, taken at build time from the pinned Node binary (`bindings.json`). Constants come from
// there; what a binding of ours lacks is filled with members that fail by name.

type Shape =
  | string | number | boolean | null
  | { $: 'object'; nullPrototype: boolean; props: Record<string, Shape> }
  | { $: 'function'; name: string; length: number; methods?: string[]; inherited?: string[]; statics?: Record<string, Shape> }
  | { $: 'array'; items: Shape[] }
  | { $: 'map'; entries: Array<[Shape, Shape]> }
  | { $: 'view'; type: string; length: number }
  | { $: 'number' | 'bigint'; text: string }
  | { $: 'symbol'; description: string }
  | { $: 'undefined' | 'deep' };

interface OracleFile {
  bindings: Record<string, { props: Record<string, Shape> }>;
  calls: Record<string, Shape>;
  process: { version: string; versions: Record<string, string>; release: any; features: Shape; config: any };
}

const text = host.ops.program_source('bindings.json');
if (text === undefined) throw new Error('the program was built without bindings.json');
const file: OracleFile = JSON.parse(text);

export const processShape = file.process;

/** Node's error for something that this system does not have, by its name. */
export function notAvailable(what: string): Error {
  const error: any = new Error(`${what} is not available in this container`);
  error.code = 'ERR_FEATURE_UNAVAILABLE_ON_PLATFORM';
  return error;
}

function missingFunction(path: string, shape: { methods?: string[]; inherited?: string[]; statics?: Record<string, Shape> }): any {
  const fail: any = function(): never {
    throw notAvailable(`internalBinding member ${path}`);
  };
  Object.defineProperty(fail, 'name', { value: path.slice(path.lastIndexOf('.') + 1), configurable: true });
  for (const method of shape.methods ?? []) {
    Object.defineProperty(fail.prototype, method, {
      configurable: true, writable: true, value() { throw notAvailable(`internalBinding member ${path}.prototype.${method}`); },
    });
  }
  for (const [name, value] of Object.entries(shape.statics ?? {})) fail[name] = build(value, `${path}.${name}`);
  return fail;
}

/** The value that a shape describes; functions become ones that fail by name. */
function build(shape: Shape, path: string): any {
  if (shape === null || typeof shape !== 'object') return shape;
  switch (shape.$) {
    case 'object': {
      const object = shape.nullPrototype ? Object.create(null) : {};
      for (const [key, value] of Object.entries(shape.props)) object[key] = build(value, `${path}.${key}`);
      return object;
    }
    case 'array': return shape.items.map((item, i) => build(item, `${path}[${i}]`));
    case 'map': return new Map(shape.entries.map(([k, v]) => [build(k, path), build(v, path)]));
    case 'view': return new host.global[shape.type](shape.length);
    case 'number': return Number(shape.text);
    case 'bigint': return BigInt(shape.text);
    case 'symbol': return Symbol(shape.description);
    case 'function': return missingFunction(path, shape);
    default: return undefined;
  }
}

/** A constant or table of a binding of Node's, e.g. `constant('constants', 'fs')`. Fresh on every call. */
export function constant(binding: string, member: string): any {
  const shape = file.bindings[binding]?.props[member];
  if (shape === undefined) throw new Error(`Node's binding ${binding} has no member ${member}`);
  return build(shape, `${binding}.${member}`);
}

/** What a call to a binding of Node's gave, e.g. `called('uv.getErrorMap')`. Fresh on every call. */
export function called(name: string): any {
  const shape = file.calls[name];
  if (shape === undefined) throw new Error(`the oracle has no result of ${name}`);
  return build(shape, name);
}

/** Whether Node has a binding of this name. */
export function hasBinding(name: string): boolean {
  return Object.hasOwn(file.bindings, name);
}

/** Gives `binding` every member of Node's binding that it lacks: constants as they are, functions that fail by name. */
export function complete(name: string, binding: any): any {
  const shape = file.bindings[name];
  if (shape === undefined) return binding;
  for (const [key, value] of Object.entries(shape.props)) {
    if (!(key in binding)) binding[key] = build(value, `${name}.${key}`);
  }
  return binding;
}

/** All symbols among a binding's members. */
export function symbolNames(binding: string): Record<string, symbol> {
  const result: Record<string, symbol> = {};
  for (const [key, value] of Object.entries(file.bindings[binding]?.props ?? {})) {
    if (typeof value === 'object' && value !== null && value.$ === 'symbol') result[key] = Symbol(value.description);
  }
  return result;
}
