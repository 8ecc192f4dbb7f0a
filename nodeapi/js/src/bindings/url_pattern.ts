// `URLPattern` (https://urlpattern.spec.whatwg.org) with the arguments, results and errors of Node 24.

import {
  canonicalHash, canonicalHostname, canonicalIPv6, canonicalOpaquePathname, canonicalPathname, canonicalPort,
  canonicalProtocol, canonicalSearch, canonicalUserinfo, NAMES, parseInput, processInit,
  type Components, type Init, type Name,
} from '../url_pattern/canonical';
import { compile, DEFAULT, defaultPort, HOSTNAME, matchesSpecialScheme, PATHNAME, type Component } from '../url_pattern/component';
import { parseConstructorString } from '../url_pattern/constructor_string';
import { PatternError } from '../url_pattern/tokens';
import { privateSymbols } from '../symbols';

const transferMode = privateSymbols['transfer_mode_private_symbol']!;

type Compiled = { [name in Name]: Component };
type Input = string | Init;

// The order in which Node lists a result's members.
const RESULT_NAMES = ['hash', 'hostname', 'inputs', 'password', 'pathname', 'port', 'protocol', 'search', 'username'] as const;

const fail = (code: string, message: string): never => {
  const error: any = new TypeError(message);
  error.code = code;
  throw error;
};
const isObject = (value: unknown): value is object =>
  (typeof value === 'object' && value !== null) || typeof value === 'function';
const isNullish = (value: unknown): value is null | undefined => value === undefined || value === null;

/** A dictionary's members; those that are no strings count as left out. */
function readInit(value: any): Init {
  const init: Init = {};
  for (const name of [...NAMES, 'baseURL'] as const) {
    const member = value[name];
    init[name] = typeof member === 'string' ? member.toWellFormed() : undefined;
  }
  return init;
}

function readInput(value: unknown, message: string): Input {
  if (typeof value === 'string') return value.toWellFormed();
  if (isNullish(value)) return readInit({});
  return isObject(value) ? readInit(value) : fail('ERR_INVALID_ARG_TYPE', message);
}

/** The arguments after the first: `baseURL`, `options`, or both. */
function readOptions(args: unknown[]): { baseURL?: string; ignoreCase: boolean } {
  const [, second, third] = args;
  let baseURL: string | undefined;
  let options: unknown;
  if (typeof second === 'string') {
    baseURL = second.toWellFormed();
    options = third;
    if (!isNullish(third) && !isObject(third)) fail('ERR_INVALID_ARG_TYPE', 'options must be an object');
  } else if (args.length > 2) {
    // With three arguments the second is a base, and none is an empty one, which is no URL.
    if (!isNullish(second)) fail('ERR_INVALID_ARG_TYPE', 'second argument must be a string');
    if (!isNullish(third) && !isObject(third)) fail('ERR_INVALID_ARG_TYPE', 'options must be an object');
    baseURL = '';
    options = third;
  } else if (isObject(second)) {
    options = second;
  } else if (!isNullish(second)) {
    fail('ERR_INVALID_ARG_TYPE', 'second argument must be a string or object');
  }
  return { baseURL, ignoreCase: isNullish(options) ? false : Boolean((options as any).ignoreCase) };
}

const isIPv6Pattern = (hostname: string): boolean => /^(?:\[|\{\[|\\\[)./su.test(hostname);

function compileAll(input: Input, baseURL: string | undefined, ignoreCase: boolean): Compiled {
  let init: Init;
  if (typeof input === 'string') {
    init = parseConstructorString(input);
    if (baseURL === undefined && init.protocol === undefined) throw new PatternError('no base URL');
    init.baseURL = baseURL;
  } else {
    if (baseURL !== undefined) throw new PatternError('a base URL beside a dictionary');
    init = input;
  }
  const patterns = processInit(init, 'pattern');
  const { protocol: scheme = '*', hostname = '*' } = patterns;
  const port = patterns.port !== undefined && patterns.port === defaultPort(scheme) ? '' : patterns.port;
  const protocol = compile(scheme, canonicalProtocol, DEFAULT);
  const username = compile(patterns.username ?? '*', canonicalUserinfo, DEFAULT);
  const password = compile(patterns.password ?? '*', canonicalUserinfo, DEFAULT);
  const isIPv6 = isIPv6Pattern(hostname);
  const divided = matchesSpecialScheme(protocol);
  return {
    protocol,
    username,
    password,
    hostname: compile(hostname, isIPv6 ? canonicalIPv6 : canonicalHostname, isIPv6 ? DEFAULT : HOSTNAME),
    port: compile(port ?? '*', canonicalPort, DEFAULT),
    pathname: compile(
      patterns.pathname ?? '*', divided ? canonicalPathname : canonicalOpaquePathname, divided ? PATHNAME : DEFAULT, ignoreCase,
    ),
    search: compile(patterns.search ?? '*', canonicalSearch, DEFAULT, ignoreCase),
    hash: compile(patterns.hash ?? '*', canonicalHash, DEFAULT, ignoreCase),
  };
}

/** Runs `work`, whose refusal of a pattern becomes `undefined`. */
function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof PatternError) return undefined;
    throw error;
  }
}

const inputComponents = (input: Input, baseURL: string | undefined): Components | undefined =>
  typeof input === 'string' ? parseInput(input, baseURL) : (attempt(() => processInit(input, 'url')) as Components | undefined);

function componentResult(component: Component, input: string): object | undefined {
  const found = component.match(input);
  if (found === undefined) return undefined;
  const groups = Object.create({});
  // Node keeps them in a hash table, which for a few lists the last first.
  for (const [name, value] of found.reverse()) {
    Object.defineProperty(groups, name, { value, writable: true, enumerable: true, configurable: true });
  }
  return { groups, input };
}

/** `URLPatternResult`, `null` if there is no match; `operation` is for the message of a failure. */
function execute(compiled: Compiled, args: unknown[], operation: string): object | null {
  const input = readInput(args[0], 'URLPattern input needs to be a string or an object');
  const second = args[1];
  let baseURL: string | undefined;
  if (typeof second === 'string') baseURL = second.toWellFormed();
  // A base of null is an empty one, which is no URL.
  else if (second === null) baseURL = '';
  else if (second !== undefined) fail('ERR_INVALID_ARG_TYPE', 'baseURL must be a string');
  if (baseURL !== undefined && typeof input !== 'string') fail('ERR_OPERATION_FAILED', `Failed to ${operation} URLPattern`);
  const components = inputComponents(input, baseURL);
  if (components === undefined) return null;
  const result = Object.create(null);
  for (const name of RESULT_NAMES) {
    if (name === 'inputs') {
      result.inputs = baseURL === undefined ? [input] : [input, baseURL];
      continue;
    }
    const found = componentResult(compiled[name], components[name]);
    if (found === undefined) return null;
    result[name] = found;
  }
  return result;
}

function createClass(): object {
  const { get, set } = WeakMap.prototype;
  const { apply } = Reflect;
  const patterns = new WeakMap<object, Compiled>();
  const compiledOf = (pattern: unknown): Compiled => {
    const compiled: Compiled | undefined = apply(get, patterns, [pattern]);
    if (compiled === undefined) throw new TypeError('Illegal invocation');
    return compiled;
  };

  function URLPattern(this: object, ...args: unknown[]): void {
    if (new.target === undefined) fail('ERR_CONSTRUCT_CALL_REQUIRED', 'Cannot call constructor without `new`');
    const input = readInput(args[0], 'Input must be an object or a string');
    const { baseURL, ignoreCase } = readOptions(args);
    const compiled = attempt(() => compileAll(input, baseURL, ignoreCase));
    if (compiled === undefined) fail('ERR_INVALID_URL_PATTERN', 'Failed to construct URLPattern');
    apply(set, patterns, [this, compiled]);
    // An object of native code that can be neither cloned nor transferred.
    (this as any)[transferMode] = 0;
  }

  const getter = (read: (compiled: Compiled) => unknown): PropertyDescriptor => {
    const accessor = { get() { return read(compiledOf(this)); } }.get;
    Object.defineProperty(accessor, 'name', { value: '', configurable: true });
    return { get: accessor, set: undefined, enumerable: true, configurable: false };
  };
  // `constructor` stands last there.
  delete URLPattern.prototype.constructor;
  for (const name of NAMES) {
    Object.defineProperty(URLPattern.prototype, name, getter((compiled) => compiled[name].pattern));
  }
  Object.defineProperty(URLPattern.prototype, 'hasRegExpGroups',
    getter((compiled) => NAMES.some((name) => compiled[name].hasRegExpGroups)));
  Object.assign(URLPattern.prototype, {
    exec(...args: unknown[]) { return execute(compiledOf(this), args, 'exec'); },
    test(...args: unknown[]) { return execute(compiledOf(this), args, 'test') !== null; },
  });
  Object.defineProperty(URLPattern.prototype, 'constructor',
    { value: URLPattern, writable: true, enumerable: false, configurable: true });
  return URLPattern;
}

export function create(): object {
  return { URLPattern: createClass() };
}
