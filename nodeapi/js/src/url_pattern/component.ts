// One component of a URL pattern, compiled: https://urlpattern.spec.whatwg.org/#component

import { parsePattern, patternString, regexpSource, type Encode, type Syntax } from './parts';
import { PatternError } from './tokens';

export const DEFAULT: Syntax = { delimiter: '', prefix: '' };
export const HOSTNAME: Syntax = { delimiter: '.', prefix: '' };
export const PATHNAME: Syntax = { delimiter: '/', prefix: '/' };

// As they are before a program can replace them.
const { apply } = Reflect;
const { exec } = RegExp.prototype;
const ScriptRegExp = RegExp;

export interface Component {
  pattern: string;
  hasRegExpGroups: boolean;
  /** The groups' values by name (`undefined`: took no part); `undefined` if the input does not match. */
  match(input: string): [name: string, value: string | undefined][] | undefined;
}

/** Compiles a pattern; its regular expressions are JavaScript's, with the flag `v`. */
export function compile(pattern: string, encode: Encode, syntax: Syntax, ignoreCase = false): Component {
  const parts = parsePattern(pattern, syntax, encode);
  let regexp: RegExp;
  try {
    regexp = new ScriptRegExp(regexpSource(parts, syntax), ignoreCase ? 'vi' : 'v');
  } catch {
    throw new PatternError('invalid regular expression');
  }
  const names = parts.filter((part) => part.type !== 'fixed').map((part) => part.name);
  return {
    pattern: patternString(parts, syntax),
    hasRegExpGroups: parts.some((part) => part.type === 'regexp'),
    match(input) {
      const found: RegExpExecArray | null = apply(exec, regexp, [input]);
      if (found === null) return undefined;
      return names.map((name, index) => [name, found[index + 1]]);
    },
  };
}

const SPECIAL_PORTS: Record<string, string> = { http: '80', https: '443', ws: '80', wss: '443', ftp: '21', file: '' };

export const isSpecial = (scheme: string): boolean => Object.hasOwn(SPECIAL_PORTS, scheme);

/** The port that a special scheme has when none is written. */
export const defaultPort = (scheme: string): string | undefined => (isSpecial(scheme) ? SPECIAL_PORTS[scheme] : undefined);

/** Whether a protocol's pattern can mean a special scheme, whose paths are divided by slashes. */
export function matchesSpecialScheme(protocol: Component): boolean {
  return Object.keys(SPECIAL_PORTS).some((scheme) => protocol.match(scheme) !== undefined);
}
