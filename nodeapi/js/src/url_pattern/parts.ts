// Pattern string → parts → regular expression, and back to the canonical pattern string:
// https://urlpattern.spec.whatwg.org/#parts

import { isNameCodePoint, PatternError, tokenize, type Token, type TokenType } from './tokens';

export interface Part {
  type: 'fixed' | 'regexp' | 'segment' | 'full';
  /** The text of a fixed part, the source of a regular expression. */
  value: string;
  modifier: '' | '?' | '*' | '+';
  name: string;
  prefix: string;
  suffix: string;
}

/** How a component is divided, each one code point or empty. */
export interface Syntax {
  delimiter: string;
  prefix: string;
}

/** A fixed text of a component in the form that a URL has it; throws `PatternError` if no URL can. */
export type Encode = (text: string) => string;

const ANY = '.*';

const escapeRegexp = (text: string): string => text.replace(/[.+*?^${}()[\]|/\\]/g, '\\$&');

/** Escapes what has a meaning in a pattern. */
export const escapePattern = (text: string): string => text.replace(/[+*?:{}()\\]/g, '\\$&');

const segmentOf = (syntax: Syntax): string => `[^${escapeRegexp(syntax.delimiter)}]+?`;

class Parser {
  readonly parts: Part[] = [];
  private readonly tokens: Token[];
  private readonly segment: string;
  private at = 0;
  private fixed = '';
  private nextName = 0;

  constructor(pattern: string, private readonly syntax: Syntax, private readonly encode: Encode) {
    this.tokens = tokenize(Array.from(pattern), false);
    this.segment = segmentOf(syntax);
  }

  parse(): Part[] {
    while (this.at < this.tokens.length) {
      const character = this.take('char');
      const name = this.take('name');
      const matcher = this.takeMatcher(name);
      if (name || matcher) {
        let prefix = character?.value ?? '';
        if (prefix !== this.syntax.prefix) {
          this.fixed += prefix;
          prefix = '';
        }
        this.addFixed();
        this.add(prefix, name, matcher, '', this.takeModifier());
        continue;
      }
      const text = character ?? this.take('escaped-char');
      if (text) {
        this.fixed += text.value;
      } else if (this.take('open')) {
        this.parseGroup();
      } else {
        this.addFixed();
        this.require('end');
      }
    }
    return this.parts;
  }

  private parseGroup(): void {
    const prefix = this.takeText();
    const name = this.take('name');
    const matcher = this.takeMatcher(name);
    const suffix = this.takeText();
    this.require('close');
    this.add(prefix, name, matcher, suffix, this.takeModifier());
  }

  private take(type: TokenType): Token | undefined {
    const token = this.tokens[this.at];
    if (token?.type !== type) return undefined;
    this.at += 1;
    return token;
  }

  private require(type: TokenType): void {
    if (!this.take(type)) throw new PatternError(`missing ${type}`);
  }

  private takeMatcher(name: Token | undefined): Token | undefined {
    return this.take('regexp') ?? (name ? undefined : this.take('asterisk'));
  }

  private takeModifier(): Part['modifier'] {
    return ((this.take('other-modifier') ?? this.take('asterisk'))?.value ?? '') as Part['modifier'];
  }

  private takeText(): string {
    let text = '';
    for (;;) {
      const token = this.take('char') ?? this.take('escaped-char');
      if (!token) return text;
      text += token.value;
    }
  }

  private push(part: Partial<Part>): void {
    this.parts.push({ type: 'fixed', value: '', modifier: '', name: '', prefix: '', suffix: '', ...part });
  }

  private addFixed(): void {
    if (this.fixed === '') return;
    this.push({ value: this.encode(this.fixed) });
    this.fixed = '';
  }

  private add(
    prefix: string, name: Token | undefined, matcher: Token | undefined, suffix: string, modifier: Part['modifier'],
  ): void {
    if (!name && !matcher && modifier === '') {
      this.fixed += prefix;
      return;
    }
    this.addFixed();
    if (!name && !matcher) {
      if (prefix !== '') this.push({ value: this.encode(prefix), modifier });
      return;
    }
    const source = !matcher ? this.segment : matcher.type === 'asterisk' ? ANY : matcher.value;
    const type = source === this.segment ? 'segment' : source === ANY ? 'full' : 'regexp';
    let partName = name?.value ?? '';
    if (!name) {
      partName = String(this.nextName);
      this.nextName += 1;
    }
    if (this.parts.some((part) => part.name === partName)) throw new PatternError(`duplicate name ${partName}`);
    const value = type === 'regexp' ? source : '';
    this.push({ type, value, modifier, name: partName, prefix: this.encode(prefix), suffix: this.encode(suffix) });
  }
}

/** The parts of a component's pattern. */
export function parsePattern(pattern: string, syntax: Syntax, encode: Encode): Part[] {
  return new Parser(pattern, syntax, encode).parse();
}

/** The regular expression (for the flag `v`) that matches the whole component. */
export function regexpSource(parts: readonly Part[], syntax: Syntax): string {
  let source = '^';
  for (const part of parts) {
    const { modifier } = part;
    if (part.type === 'fixed') {
      const text = escapeRegexp(part.value);
      source += modifier === '' ? text : `(?:${text})${modifier}`;
      continue;
    }
    const value = part.type === 'segment' ? segmentOf(syntax) : part.type === 'full' ? ANY : part.value;
    const prefix = escapeRegexp(part.prefix);
    const suffix = escapeRegexp(part.suffix);
    const once = modifier === '' || modifier === '?';
    if (prefix === '' && suffix === '') {
      source += once ? `(${value})${modifier}` : `((?:${value})${modifier})`;
    } else if (once) {
      source += `(?:${prefix}(${value})${suffix})${modifier}`;
    } else {
      source += `(?:${prefix}((?:${value})(?:${suffix}${prefix}(?:${value}))*)${suffix})${modifier === '*' ? '?' : ''}`;
    }
  }
  return `${source}$`;
}

const isDigit = (character: string | undefined): boolean => character !== undefined && /^[0-9]$/.test(character);
const firstOf = (text: string): string | undefined => Array.from(text)[0];

/** Whether a part must be written in braces to be read back as it is. */
function needsBraces(part: Part, previous: Part | undefined, next: Part | undefined, syntax: Syntax): boolean {
  if (part.suffix !== '' || (part.prefix !== '' && part.prefix !== syntax.prefix)) return true;
  const plainName = part.type === 'segment' && part.modifier === '' && !isDigit(part.name[0]);
  if (plainName && next && next.prefix === '' && next.suffix === '') {
    const touches = next.type === 'fixed' ? isNameCodePoint(firstOf(next.value), false) : isDigit(next.name[0]);
    if (touches) return true;
  }
  return part.prefix === '' && previous?.type === 'fixed' && syntax.prefix !== '' && previous.value.endsWith(syntax.prefix);
}

/** The pattern that a component shows: every way of writing the same parts gives the same. */
export function patternString(parts: readonly Part[], syntax: Syntax): string {
  let result = '';
  parts.forEach((part, index) => {
    const previous = parts[index - 1];
    if (part.type === 'fixed') {
      const text = escapePattern(part.value);
      result += part.modifier === '' ? text : `{${text}}${part.modifier}`;
      return;
    }
    const named = !isDigit(part.name[0]);
    const braces = needsBraces(part, previous, parts[index + 1], syntax);
    let text = escapePattern(part.prefix);
    if (named) text += `:${part.name}`;
    if (part.type === 'regexp') {
      text += `(${part.value})`;
    } else if (part.type === 'segment') {
      if (!named) text += `(${segmentOf(syntax)})`;
      else if (part.suffix !== '' && isNameCodePoint(firstOf(part.suffix), false)) text += '\\';
    } else {
      const afterGroup = previous !== undefined && previous.type !== 'fixed' && previous.modifier === '';
      text += !named && (!afterGroup || braces || part.prefix !== '') ? '*' : `(${ANY})`;
    }
    text += escapePattern(part.suffix);
    result += (braces ? `{${text}}` : text) + part.modifier;
  });
  return result;
}
