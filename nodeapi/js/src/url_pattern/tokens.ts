// The tokens of a pattern string: https://urlpattern.spec.whatwg.org/#tokens

export type TokenType =
  'open' | 'close' | 'regexp' | 'name' | 'char' | 'escaped-char' | 'other-modifier' | 'asterisk' | 'end' | 'invalid-char';

export interface Token {
  type: TokenType;
  /** Where it begins, in code points. */
  index: number;
  value: string;
}

/** What a pattern that is none is refused with; `new URLPattern` turns it into Node's exception. */
export class PatternError extends Error {}

const nameStart = /^[$_\p{ID_Start}]$/u;
const namePart = /^[$\u200c\u200d\p{ID_Continue}]$/u;

/** Whether a code point may stand in a group's name (`first`: begin one). */
export function isNameCodePoint(character: string | undefined, first: boolean): boolean {
  return character !== undefined && (first ? nameStart : namePart).test(character);
}

const isAscii = (character: string): boolean => (character.codePointAt(0) as number) < 0x80;

const SINGLE: Record<string, TokenType> = {
  '*': 'asterisk', '+': 'other-modifier', '?': 'other-modifier', '{': 'open', '}': 'close',
};

/** Where the regular expression that begins after `(` ends (after its `)`), -1 if it is none. */
function regexpEnd(input: string[], start: number): number {
  let depth = 1;
  for (let at = start; at < input.length; at += 1) {
    const character = input[at] as string;
    if (!isAscii(character) || (at === start && character === '?')) return -1;
    if (character === '\\') {
      at += 1;
      if (at === input.length || !isAscii(input[at] as string)) return -1;
    } else if (character === ')') {
      depth -= 1;
      if (depth === 0) return at === start ? -1 : at + 1;
    } else if (character === '(') {
      depth += 1;
      if (input[at + 1] !== '?') return -1;
    }
  }
  return -1;
}

/** Splits a pattern (as code points); what is no token becomes `invalid-char` if `lenient`, else it is refused. */
export function tokenize(input: string[], lenient: boolean): Token[] {
  const tokens: Token[] = [];
  let index = 0;
  const add = (type: TokenType, next: number, from = index, to = next): void => {
    tokens.push({ type, index, value: input.slice(from, to).join('') });
    index = next;
  };
  const refuse = (next: number, from: number): void => {
    if (!lenient) throw new PatternError('invalid token');
    add('invalid-char', next, from, next);
  };
  while (index < input.length) {
    const character = input[index] as string;
    const single = SINGLE[character];
    if (single !== undefined) {
      add(single, index + 1);
    } else if (character === '\\') {
      if (index === input.length - 1) refuse(index + 1, index);
      else add('escaped-char', index + 2, index + 1);
    } else if (character === ':') {
      let end = index + 1;
      while (isNameCodePoint(input[end], end === index + 1)) end += 1;
      if (end === index + 1) refuse(end, index);
      else add('name', end, index + 1);
    } else if (character === '(') {
      const end = regexpEnd(input, index + 1);
      if (end < 0) refuse(index + 1, index);
      else add('regexp', end, index + 1, end - 1);
    } else {
      add('char', index + 1);
    }
  }
  add('end', index, index, index);
  return tokens;
}
