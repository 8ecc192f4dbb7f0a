// V8's wording for the engine's own errors: programs, tests and packages match on it. QuickJS says "not a function"; V8 names the
// expression, which is read from the source at the place the error points to.

import { line as sourceLine } from '../sources';
import { explain } from './json_errors';
import { boaMessages, boaWords, type Words } from './messages_boa';

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

/** The expression a text starts with, as V8 shows it; with the calls in it. */
function operand(text: string): string {
  if (text.startsWith('{')) return /^\{\s*\}/.test(text) ? '{}' : '{(intermediate value)}';
  return rendered(/^(?:\d[\d.]*|'[^']*'|"[^"]*")/.exec(text)?.[0] ?? chainAfter(text, true));
}

/** Whether what is open where a text ends is a call's parenthesis. */
function insideCall(text: string): boolean {
  let depth = 0;
  for (let at = text.length - 1; at >= 0; at -= 1) {
    const char = text[at]!;
    if (char in OPEN) depth += 1;
    else if (char in CLOSE && depth > 0) depth -= 1;
    else if (char in CLOSE) return char === '(';
  }
  return false;
}

/** Where the pattern that a text starts with ends; `undefined` if that is not on this line. */
function patternEnd(text: string): number | undefined {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (text[at]! in CLOSE) depth += 1;
    else if (text[at]! in OPEN && (depth -= 1) === 0) return at + 1;
  }
  return undefined;
}

/** What is destructured by the pattern a text starts with; `undefined` if the source does not say, as for parameters. */
function destructured(text: string): string | undefined {
  const end = patternEnd(text);
  const source = end === undefined ? null : /^\s*=\s*(?!=)([^]*)$/.exec(text.slice(end));
  return source === null ? undefined : operand(source[1]!) || undefined;
}

/** The message stays where the source does not name the value: V8 says `number 5` then. */
function notIterable(rest: string, sites: Site[]): string | undefined {
  const source = around(sites[0]);
  if (source === undefined || rest.includes('async')) return undefined;
  let text: string | undefined;
  if (/\.\.\.\s*$/.test(source.before)) {
    if (insideCall(source.before.replace(/\.\.\.\s*$/, ''))) return 'Spread syntax requires ...iterable[Symbol.iterator] to be a function';
    text = operand(source.after);
  } else if (source.after.startsWith('[') && !/\bof\s*$/.test(source.before)) {
    text = destructured(source.after);
    // V8 names members only where they are the whole operand.
    if (text !== undefined && /^[\w$]+\./.test(text) && !text.endsWith(')')) text = undefined;
    // Nor does it name what is assigned to a pattern that declares nothing.
    if (!/(?:\b(?:const|let|var)\s+|,\s*)$/.test(source.before)) text = undefined;
  } else if (/\bof\s*$/.test(source.before)) text = operand(source.after);
  if (text === undefined || text === '') return undefined;
  const call = /^([^]*)\(\.\.\.\)$/.exec(text);
  return call === null ? `${text} is not iterable` : `${call[1]} is not a function or its return value is not iterable`;
}

/** V8 names the first property of the pattern, and what has none. */
function notDestructurable(value: string, sites: Site[]): string | undefined {
  const source = around(sites[0]);
  if (source === undefined || !source.after.startsWith('{')) return undefined;
  const name = /^\{\s*(?:([\w$]+)|'([^']*)'|"([^"]*)")/.exec(source.after);
  const property = name === null ? '' : `property '${name[1] ?? name[2] ?? name[3]}' of `;
  const text = destructured(source.after) ?? value;
  return `Cannot destructure ${property}'${text.includes('(') ? '(intermediate value)' : text}' as it is ${value}.`;
}

/** V8 says whether a private member was to be read or written. */
function privateMember(name: string, sites: Site[]): string {
  const source = around(sites[0]);
  const rest = source?.after ?? '';
  const at = rest.indexOf(name);
  // A plain assignment happens at its operator.
  const written = /^=(?!=)/.test(rest) || at >= 0 && /^\s*(?:[-+*/%&|^]|\*\*|<<|>>>?|&&|\|\||\?\?)?=(?!=)/.test(rest.slice(at + name.length));
  return written ? `Cannot write private member ${name} to an object whose class did not declare it` :
    `Cannot read private member ${name} from an object whose class did not declare it`;
}

const nativeName = (sites: Site[]): string => (sites[0]?.isNative() ? sites[0].getFunctionName() ?? '' : '');

const EXACT: Record<string, (sites: Site[]) => string | undefined> = {
  __proto__: null as never,
  'not a function': notFunction,
  'not a constructor': (sites) => (sites[0]?.isNative() ? `${nativeName(sites)} is not a constructor` : notFunction(sites)).replace(/ function$/, ' constructor'),
  'invalid array length': () => 'Invalid array length',
  'invalid string length': () => 'Invalid string length',
  'string too long': () => 'Invalid string length',
  'BigInt are forbidden in JSON.stringify': () => 'Do not know how to serialize a BigInt',
  'invalid array buffer length': () => 'Array buffer allocation failed',
  "class constructors must be invoked with 'new'": (sites) =>
    `Class constructor ${sites[0]?.getFunctionName() || '(anonymous)'} cannot be invoked without 'new'`,
  'must be called with new': (sites) => {
    const name = nativeName(sites) || callee(sites) || '';
    return name === 'Promise' ? "Promise constructor cannot be invoked without 'new'" : `Constructor ${name} requires 'new'`;
  },
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
  'empty array': () => 'Reduce of empty array with no initial value',
  'cannot convert BigInt to number': (sites) => (nativeName(sites) === '' ?
    'Cannot mix BigInt and other types, use explicit conversions' : 'Cannot convert a BigInt value to a number'),
  'Date value is NaN': () => 'Invalid time value',
  'expecting hex digit': () => 'URI malformed',
  'expecting %': () => 'URI malformed',
  'expecting surrogate pair': () => 'URI malformed',
  'invalid number of digits': (sites) => {
    switch (nativeName(sites)) {
      case 'toPrecision': return 'toPrecision() argument must be between 1 and 100';
      case 'toExponential': return 'toExponential() argument must be between 0 and 100';
      default: return 'toFixed() digits argument must be between 0 and 100';
    }
  },
  "regexp must have the 'g' flag": (sites) => `String.prototype.${nativeName(sites)} called with a non-global RegExp argument`,
  'regexp not supported': (sites) => `First argument to String.prototype.${nativeName(sites)} must not be a regular expression`,
  'not a number': (sites) => `Number.prototype.${nativeName(sites)} requires that 'this' be a Number`,
  'not a symbol': (sites) => `Symbol.prototype.${nativeName(sites)} requires that 'this' be a Symbol`,
  'promise self resolution': () => 'Chaining cycle detected for promise #<Promise>',
  'this is not initialized': () =>
    "Must call super constructor in derived class before accessing 'this' or returning from derived constructor",
  'toString() called on a revoked proxy': () => undefined,
};

const PATTERNS: Array<[RegExp, (match: RegExpExecArray, sites: Site[]) => string | undefined]> = [
  [/^Cannot destructure '(null|undefined)' as it is /, ([, value], sites) => notDestructurable(value!, sites)],
  [/^([^]*) is not ((?:async )?iterable) \(cannot read property /, ([, , rest], sites) => notIterable(rest!, sites)],
  [/^cannot read property 'Symbol\.iterator' of (null|undefined)$/, ([, value], sites) => notIterable('iterable', sites) ??
    `${value === 'null' ? 'object null' : value} is not iterable (cannot read property Symbol(Symbol.iterator))`],
  [/^cannot read property '([^]*)' of (null|undefined)$/, ([, key, what]) => `Cannot read properties of ${what} (reading '${key}')`],
  [/^cannot set property '([^]*)' of (null|undefined)$/, ([, key, what]) => `Cannot set properties of ${what} (setting '${key}')`],
  [/^private class field '(#[^]*)' does not exist$/, ([, name], sites) => privateMember(name!, sites)],
  [/^([\w$]+) is not initialized$/, ([, name]) => `Cannot access '${name}' before initialization`],
];

/** V8's words for one of the engine's messages; `undefined` if there are none. */
export function translate(message: string, sites: Site[]): string | undefined {
  const exact = EXACT[message];
  if (exact !== undefined) return exact(sites);
  const boa = boaMessages[message];
  if (boa !== undefined) return boa(wordsAt(sites));
  // Only messages of the engine look like this; everything else is spared the patterns.
  const first = message.charCodeAt(0);
  if (first !== 39 /* ' */ && (first < 97 || first > 122) && !/ is not initialized$|^Cannot destructure '| iterable \(cannot read property /.test(message)) return undefined;
  for (const [pattern, words] of PATTERNS) {
    const match = pattern.exec(message);
    if (match !== null) return words(match, sites);
  }
  return boaWords(message, wordsAt(sites));
}

function wordsAt(sites: Site[]): Words {
  return {
    notFunction: () => notFunction(sites),
    notIterable: () => notIterable('iterable', sites),
    native: () => nativeName(sites),
    callee: () => callee(sites) ?? '',
  };
}

/** `JSON.parse` whose errors quote the text, as V8's do. */
export const parse = JSON.parse;
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
