// V8's wording for the engine's own errors: programs, tests and packages match on it. QuickJS says "not a function"; V8 names the
// expression, which is read from the source at the place the error points to.

import { line as sourceLine } from '../sources';
import { explain } from './json_errors';

interface Site { isNative(): boolean; getFunctionName(): string | null; getFileName(): string; getLineNumber(): number; getColumnNumber(): number }

/** The source from where an error points, and before it on that line. */
function around(site: Site | undefined): { before: string; after: string } | undefined {
  if (site === undefined || site.isNative()) return undefined;
  const text = sourceLine(site.getFileName(), site.getLineNumber());
  if (text === undefined) return undefined;
  const at = Math.max(0, site.getColumnNumber() - 1);
  return { before: text.slice(0, at), after: text.slice(at) };
}

const OPEN: Record<string, string> = { ')': '(', ']': '[', '}': '{' };
const CLOSE: Record<string, string> = { '(': ')', '[': ']', '{': '}' };

/** How far a member chain reaches back: `a.b().` of `a.b().c`. */
function chainBefore(text: string): string {
  let at = text.length;
  while (at > 0) {
    const char = text[at - 1]!;
    if (/[\w$.#?]/.test(char)) at -= 1;
    else if (char === ')' || char === ']') {
      let depth = 0;
      let start = at;
      do {
        start -= 1;
        if (text[start] === char) depth += 1;
        else if (text[start] === OPEN[char]) depth -= 1;
      } while (depth > 0 && start > 0);
      if (depth > 0) break;
      at = start;
    } else break;
  }
  return text.slice(at);
}

/** How far it reaches on: `b['c']` of `b['c'](1)`. With `calls`, calls are part of it. */
function chainAfter(text: string, calls: boolean): string {
  let at = /^[\w$#]*/.exec(text)![0].length;
  for (;;) {
    const rest = text.slice(at);
    const member = /^\??\.[\w$#]+/.exec(rest);
    if (member !== null) {
      at += member[0].length;
      continue;
    }
    const open = rest[0];
    if (open === '[' || (calls && open === '(')) {
      let depth = 0;
      let end = 0;
      do {
        if (rest[end] === open) depth += 1;
        else if (rest[end] === CLOSE[open]) depth -= 1;
        end += 1;
      } while (depth > 0 && end < rest.length);
      if (depth > 0) break;
      at += end;
      continue;
    }
    break;
  }
  return text.slice(0, at);
}

/** V8 shortens what it cannot name. */
function rendered(expression: string): string {
  return expression
    .replace(/\((?:[^()]|\([^()]*\))*\)/g, (_call, offset) => (offset === 0 ? '(intermediate value)' : '(...)'))
    .replace(/\[(['"])([\w$]+)\1\]/g, '.$2');
}

function callee(sites: Site[]): string | undefined {
  const source = around(sites[0]);
  if (source === undefined) return undefined;
  const head = /[.\])]$/.test(source.before) ? chainBefore(source.before) : '';
  const made = /^new\s+/.exec(source.after);
  // After a bracket or a call the place is the parenthesis that follows.
  if (source.after.startsWith('(') && /[\])]$/.test(source.before)) return rendered(chainBefore(source.before)) || undefined;
  const text = rendered(head + chainAfter(made === null ? source.after : source.after.slice(made[0].length), false));
  return text === '' ? undefined : text;
}

function notFunction(sites: Site[]): string {
  if (sites[0]?.isNative()) return 'undefined is not a function';
  const source = around(sites[0]);
  const made = source !== undefined && (/^new\b/.test(source.after) || /\bnew\s+(?:[\w$]+\s*\.\s*)*$/.test(source.before));
  return `${callee(sites) ?? '(intermediate value)'} is not a ${made ? 'constructor' : 'function'}`;
}

function notIterable(sites: Site[]): string {
  const source = around(sites[0]);
  const text = source === undefined ? '' : rendered(chainAfter(source.after, true));
  return text === '' || /^(?:const|let|var)\b/.test(text) ? 'object is not iterable' : `${text} is not iterable`;
}

function readOnly(name: string, sites: Site[]): string {
  const source = around(sites[0]);
  const text = source === undefined ? '' : `${source.before}${source.after}`;
  const escaped = name.replace(/[$]/g, '\\$&');
  const asProperty = new RegExp(`(?:\\.\\s*${escaped}|\\[[^\\]]*\\])\\s*(?:[-+*/%&|^]|\\*\\*|<<|>>>?)?=(?!=)|(?:\\.${escaped}|\\])(?:\\+\\+|--)`).test(text);
  return asProperty || source === undefined ?
    `Cannot assign to read only property '${name}' of object '#<Object>'` : 'Assignment to constant variable.';
}

/** V8 says whether a private member was to be read or written. */
function privateMember(name: string, sites: Site[]): string {
  const source = around(sites[0]);
  const rest = source?.after ?? '';
  const at = rest.indexOf(name);
  const written = at >= 0 && /^\s*(?:[-+*/%&|^]|\*\*|<<|>>>?|&&|\|\||\?\?)?=(?!=)/.test(rest.slice(at + name.length));
  return written ? `Cannot write private member ${name} to an object whose class did not declare it` :
    `Cannot read private member ${name} from an object whose class did not declare it`;
}

function setterMissing(sites: Site[]): string | undefined {
  const source = around(sites[0]);
  const name = source === undefined ? null : /\.([\w$]+)\s*=[^=]/.exec(`${source.before}${source.after}`);
  return name === null ? undefined : `Cannot set property ${name[1]} of #<Object> which has only a getter`;
}

const nativeName = (sites: Site[]): string => (sites[0]?.isNative() ? sites[0].getFunctionName() ?? '' : '');

const EXACT: Record<string, (sites: Site[]) => string | undefined> = {
  __proto__: null as never,
  'not a function': notFunction,
  'not a constructor': (sites) => notFunction(sites).replace(/ function$/, ' constructor'),
  'value is not iterable': notIterable,
  'invalid array length': () => 'Invalid array length',
  'invalid string length': () => 'Invalid string length',
  'string too long': () => 'Invalid string length',
  'BigInt are forbidden in JSON.stringify': () => 'Do not know how to serialize a BigInt',
  'invalid array buffer length': () => 'Array buffer allocation failed',
  'no setter for property': setterMissing,
  'invalid repeat count': () => 'Invalid count value',
  'object is not extensible': (sites) => {
    if (nativeName(sites) === 'setPrototypeOf') return '#<Object> is not extensible';
    const source = around(sites[0]);
    const name = source === undefined ? null : /([\w$]+)\s*=[^=]/.exec(source.after);
    return name === null ? 'Cannot define property, object is not extensible' : `Cannot add property ${name[1]}, object is not extensible`;
  },
  "class constructors must be invoked with 'new'": (sites) =>
    `Class constructor ${sites[0]?.getFunctionName() || '(anonymous)'} cannot be invoked without 'new'`,
  'must be called with new': (sites) => {
    const name = nativeName(sites) || callee(sites) || '';
    return name === 'Promise' ? "Promise constructor cannot be invoked without 'new'" : `Constructor ${name} requires 'new'`;
  },
  'circular reference': () => 'Converting circular structure to JSON',
  'not an object': (sites) => {
    switch (nativeName(sites)) {
      case 'defineProperty': return 'Object.defineProperty called on non-object';
      case 'defineProperties': return 'Object.defineProperties called on non-object';
      case 'Proxy': return 'Cannot create proxy with a non-object as target or handler';
      case 'create': return 'Object prototype may only be an Object or null: undefined';
      default: return undefined;
    }
  },
  'cannot convert symbol to string': () => 'Cannot convert a Symbol value to a string',
  'cannot convert symbol to number': () => 'Cannot convert a Symbol value to a number',
  "invalid 'instanceof' right operand": () => "Right-hand side of 'instanceof' is not callable",
  "invalid 'in' operand": () => "Cannot use 'in' operator to search for a key in a value that is not an object",
  'empty array': () => 'Reduce of empty array with no initial value',
  'cannot convert BigInt to number': (sites) => (nativeName(sites) === '' ?
    'Cannot mix BigInt and other types, use explicit conversions' : 'Cannot convert a BigInt value to a number'),
  'Date value is NaN': () => 'Invalid time value',
  'expecting hex digit': () => 'URI malformed',
  'expecting %': () => 'URI malformed',
  'expecting surrogate pair': () => 'URI malformed',
  'invalid number of digits': (sites) => `${nativeName(sites) || 'toFixed'}() digits argument must be between 0 and 100`,
  'promise self resolution': () => 'Chaining cycle detected for promise #<Promise>',
  'this is not initialized': () =>
    "Must call super constructor in derived class before accessing 'this' or returning from derived constructor",
  'could not delete property': () => 'Cannot delete property',
  'toString() called on a revoked proxy': () => undefined,
};

const PATTERNS: Array<[RegExp, (match: RegExpExecArray, sites: Site[]) => string | undefined]> = [
  [/^cannot read property 'Symbol\.iterator' of (null|undefined)$/,
    ([, what]) => `${what} is not iterable (cannot read property Symbol(Symbol.iterator))`],
  [/^cannot read property '([^]*)' of (null|undefined)$/, ([, key, what]) => `Cannot read properties of ${what} (reading '${key}')`],
  [/^cannot set property '([^]*)' of (null|undefined)$/, ([, key, what]) => `Cannot set properties of ${what} (setting '${key}')`],
  [/^private class field '(#[^]*)' does not exist$/, ([, name], sites) => privateMember(name!, sites)],
  [/^'([^]*)' is read-only$/, ([, name], sites) => readOnly(name!, sites)],
  [/^([\w$]+) is not initialized$/, ([, name]) => `Cannot access '${name}' before initialization`],
  [/^unexpected token in expression: '([^]*)'$/, ([, token]) => (token === '' ? 'Unexpected end of input' : `Unexpected token '${token}'`)],
  [/^unexpected token: '([^]*)'$/, ([, token]) => (token === '' ? 'Unexpected end of input' : `Unexpected token '${token}'`)],
  [/^expecting '\)'$/, () => 'missing ) after argument list'],
];

/** V8's words for one of the engine's messages; `undefined` if there are none. */
export function translate(message: string, sites: Site[]): string | undefined {
  const exact = EXACT[message];
  if (exact !== undefined) return exact(sites);
  // Only messages of the engine start like this; everything else is spared the patterns.
  const first = message.charCodeAt(0);
  if (first !== 39 /* ' */ && (first < 97 || first > 122) && !message.endsWith(' is not initialized')) return undefined;
  for (const [pattern, words] of PATTERNS) {
    const match = pattern.exec(message);
    if (match !== null) return words(match, sites);
  }
  return undefined;
}

/** `JSON.parse` whose errors quote the text, as V8's do. */
const parse = JSON.parse;
JSON.parse = {
  parse(text: any, reviver?: any): any {
    try {
      return parse(text, reviver);
    } catch (error: any) {
      if (error?.constructor === SyntaxError) error.message = explain(String(text), text);
      throw error;
    }
  },
}.parse;
Object.defineProperty(JSON, 'parse', { enumerable: false });
