// `new URLPattern('https://*.example.com/:page')`: which part of the string is which component.
// https://urlpattern.spec.whatwg.org/#constructor-string-parsing

import { canonicalProtocol, type Init, type Name } from './canonical';
import { compile, DEFAULT, matchesSpecialScheme } from './component';
import { tokenize, type Token } from './tokens';

type State = 'init' | 'authority' | Name | 'done';

// The components in the order of a URL.
const ORDER: readonly State[] = ['protocol', 'authority', 'username', 'password', 'hostname', 'port', 'pathname', 'search', 'hash'];

class Parser {
  readonly result: Init = {};
  private readonly input: string[];
  private readonly tokens: Token[];
  private state: State = 'init';
  private at = 0;
  private increment = 1;
  private start = 0;
  private groupDepth = 0;
  private bracketDepth = 0;
  private special = false;

  constructor(pattern: string) {
    this.input = Array.from(pattern);
    this.tokens = tokenize(this.input, true);
  }

  parse(): Init {
    for (; this.at < this.tokens.length; this.at += this.increment) {
      this.increment = 1;
      const { type } = this.tokens[this.at] as Token;
      if (type === 'end') {
        if (this.state !== 'init' && this.state !== 'authority') {
          this.enter('done', 0);
          break;
        }
        this.endBeforeComponent();
      } else if (type === 'open') {
        this.groupDepth += 1;
      } else if (this.groupDepth > 0 && type !== 'close') {
        continue;
      } else {
        if (this.groupDepth > 0) this.groupDepth -= 1;
        this.step();
      }
    }
    if (this.result.hostname !== undefined) this.result.port ??= '';
    return this.result;
  }

  private endBeforeComponent(): void {
    this.rewind();
    if (this.state === 'authority') this.state = 'hostname';
    else if (this.is('#')) this.enter('hash', 1);
    else if (this.isSearchPrefix()) this.enter('search', 1);
    else this.enter('pathname', 0);
  }

  private step(): void {
    switch (this.state) {
      case 'init':
        if (this.is(':')) this.rewind('protocol');
        break;
      case 'protocol':
        if (this.is(':')) this.endProtocol();
        break;
      case 'authority':
        if (this.is('@')) this.rewind('username');
        else if (this.is('/') || this.isSearchPrefix() || this.is('#')) this.rewind('hostname');
        break;
      case 'username':
        if (this.is(':')) this.enter('password', 1);
        else if (this.is('@')) this.enter('hostname', 1);
        break;
      case 'password':
        if (this.is('@')) this.enter('hostname', 1);
        break;
      case 'hostname':
        if (this.is('[')) this.bracketDepth += 1;
        else if (this.is(']')) this.bracketDepth -= 1;
        else if (this.is(':') && this.bracketDepth === 0) this.enter('port', 1);
        else this.enterPath();
        break;
      case 'port':
        this.enterPath();
        break;
      case 'pathname':
        this.enterSearch();
        break;
      case 'search':
        if (this.is('#')) this.enter('hash', 1);
        break;
      default:
        break;
    }
  }

  private enterPath(): void {
    if (this.is('/')) this.enter('pathname', 0);
    else this.enterSearch();
  }

  private enterSearch(): void {
    if (this.isSearchPrefix()) this.enter('search', 1);
    else if (this.is('#')) this.enter('hash', 1);
  }

  private endProtocol(): void {
    this.special = matchesSpecialScheme(compile(this.text(), canonicalProtocol, DEFAULT));
    if (this.is('/', 1) && this.is('/', 2)) this.enter('authority', 3);
    else this.enter(this.special ? 'authority' : 'pathname', 1);
  }

  /** Whether the token has no meaning in a pattern and is this character. */
  private is(character: string, ahead = 0): boolean {
    const token = (this.tokens[this.at + ahead] ?? this.tokens.at(-1)) as Token;
    return token.value === character && ['char', 'escaped-char', 'invalid-char'].includes(token.type);
  }

  private isSearchPrefix(): boolean {
    if (this.is('?')) return true;
    if ((this.tokens[this.at] as Token).value !== '?') return false;
    const before = this.tokens[this.at - 1];
    // After a group it is the group's modifier.
    return before === undefined || !['name', 'regexp', 'close', 'asterisk'].includes(before.type);
  }

  private text(): string {
    const first = (this.tokens[this.start] ?? this.tokens.at(-1)) as Token;
    return this.input.slice(first.index, (this.tokens[this.at] as Token).index).join('');
  }

  private rewind(state = this.state): void {
    this.at = this.start;
    this.increment = 0;
    this.state = state;
  }

  private enter(state: State, skip: number): void {
    const from = this.state;
    if (from !== 'init' && from !== 'authority' && from !== 'done') this.result[from] = this.text();
    if (from !== 'init' && state !== 'done') {
      // What was passed over is empty, not a wildcard.
      const passes = (component: State): boolean =>
        ORDER.indexOf(from) < ORDER.indexOf(component) && ORDER.indexOf(component) < ORDER.indexOf(state);
      if (passes('hostname')) this.result.hostname ??= '';
      if (passes('pathname')) this.result.pathname ??= this.special ? '/' : '';
      if (passes('search')) this.result.search ??= '';
    }
    this.state = state;
    this.at += skip;
    this.start = this.at;
    this.increment = 0;
  }
}

/** The components that a pattern string names. */
export function parseConstructorString(pattern: string): Init {
  return new Parser(pattern).parse();
}
