// Words and text: `Intl.PluralRules`, `ListFormat`, `RelativeTimeFormat`, `Collator`, `Segmenter`, `DisplayNames`. ECMA-402.

import { canonicalTag, joined, localeData, Options, publicClass, resolveLocale, type LocaleData, type Part } from './data';
import { parseNumeric } from './decimal';
import { digitOptions, plural, PublicNumberFormat, roundedDigits, type DigitOptions } from './number';

declare global {
  interface Ops {
    intl_order_new(sensitivity: number, numeric: boolean, ignorePunctuation: boolean, caseFirst: number): number;
    intl_order_compare(order: number, left: string, right: string): number;
    intl_segments(granularity: number, text: string): number[];
  }
}

const { ops } = host;
const WIDTHS = ['long', 'short', 'narrow'];

class PluralRules {
  readonly #locale: string;
  readonly #data: string;
  readonly #ordinal: boolean;
  readonly #digits: DigitOptions;

  constructor(locales?: unknown, given?: unknown) {
    const options = new Options(given, 'Intl.PluralRules');
    this.#data = resolveLocale(locales).data;
    this.#locale = this.#data.split('-')[0]!;
    options.text('localeMatcher', ['lookup', 'best fit'], undefined);
    this.#ordinal = options.text('type', ['cardinal', 'ordinal'], 'cardinal') === 'ordinal';
    this.#digits = digitOptions(options, 0, 3, 'standard');
  }

  select(value: unknown): string {
    const number = parseNumeric(Number(value));
    if (number === 'nan' || 'infinite' in number) return 'other';
    const { whole, fraction } = roundedDigits(number, this.#digits);
    return plural(this.#data, this.#ordinal, fraction === '' ? whole : `${whole}.${fraction}`);
  }

  selectRange(start: unknown, end: unknown): string {
    if (start === undefined || end === undefined) throw new TypeError('start or end is undefined');
    if (Number.isNaN(Number(start)) || Number.isNaN(Number(end))) throw new RangeError('Invalid range');
    return this.select(end);
  }

  resolvedOptions(): object {
    const { rounding: _, roundingIncrement, roundingMode, roundingPriority, trailingZeroDisplay, ...digits } = this.#digits;
    return {
      locale: this.#locale, type: this.#ordinal ? 'ordinal' : 'cardinal', ...digits,
      pluralCategories: ops.intl_plural_categories(this.#data, this.#ordinal), roundingIncrement, roundingMode, roundingPriority, trailingZeroDisplay,
    };
  }
}

class ListFormat {
  readonly #locale: string;
  readonly #type: string;
  readonly #style: string;
  readonly #words: string[];

  constructor(locales?: unknown, given?: unknown) {
    const options = new Options(given, 'Intl.ListFormat');
    const resolved = resolveLocale(locales);
    this.#locale = resolved.locale;
    options.text('localeMatcher', ['lookup', 'best fit'], undefined);
    this.#type = options.text('type', ['conjunction', 'disjunction', 'unit'], 'conjunction');
    this.#style = options.text('style', WIDTHS, 'long');
    this.#words = localeData(resolved.data).lists[`${this.#type} ${this.#style}`]!;
  }

  formatToParts(list?: Iterable<unknown>): Part[] {
    const items: string[] = [];
    if (list !== undefined) {
      for (const item of list) {
        if (typeof item !== 'string') throw new TypeError(`Iterable yielded ${String(item)} which is not a string`);
        items.push(item);
      }
    }
    const [pair, start, middle, end] = this.#words as [string, string, string, string];
    return items.flatMap((value, i) => {
      const element = { type: 'element', value };
      if (i === 0) return [element];
      const last = i === items.length - 1;
      const between = items.length === 2 ? pair : last ? end : i === 1 ? start : middle;
      return [{ type: 'literal', value: between }, element];
    });
  }

  format(list?: Iterable<unknown>): string {
    return joined(this.formatToParts(list));
  }

  resolvedOptions(): object {
    return { locale: this.#locale, type: this.#type, style: this.#style };
  }
}

const RELATIVE_UNITS = ['second', 'minute', 'hour', 'day', 'week', 'month', 'quarter', 'year'];

class RelativeTimeFormat {
  readonly #locale: string;
  readonly #data: LocaleData;
  readonly #dataName: string;
  readonly #style: string;
  readonly #numeric: string;
  readonly #number: any;

  constructor(locales?: unknown, given?: unknown) {
    const options = new Options(given, 'Intl.RelativeTimeFormat');
    const resolved = resolveLocale(locales);
    this.#locale = resolved.locale;
    this.#dataName = resolved.data;
    this.#data = localeData(resolved.data);
    options.text('localeMatcher', ['lookup', 'best fit'], undefined);
    this.#style = options.text('style', WIDTHS, 'long');
    this.#numeric = options.text('numeric', ['always', 'auto'], 'always');
    this.#number = new PublicNumberFormat(this.#locale);
  }

  formatToParts(value: unknown, unit: unknown): Array<Part & { unit?: string }> {
    const number = Number(value);
    const singular = String(unit).replace(/s$/, '');
    if (!RELATIVE_UNITS.includes(singular)) throw new RangeError(`Invalid unit argument for Intl.RelativeTimeFormat.prototype.format() '${String(unit)}'`);
    if (!Number.isFinite(number)) throw new RangeError(`Invalid time value`);
    const words = this.#data.relative[singular]![WIDTHS.indexOf(this.#style)]!;
    const past = number < 0 || Object.is(number, -0);
    if (this.#numeric === 'auto') {
      const text = Object.is(number, -0) ? words.auto['0'] : words.auto[String(number)];
      if (text !== undefined) return [{ type: 'literal', value: text }];
    }
    const parts: Part[] = this.#number.formatToParts(Math.abs(number));
    const digits = parts.filter((part) => part.type !== 'group').map((part) => (part.type === 'decimal' ? '.' : part.value)).join('');
    const table = past ? words.past : words.future;
    const pattern = table[plural(this.#dataName, false, digits)] ?? table['other']!;
    const [before = '', after = ''] = pattern.split('{0}');
    const literal = (text: string): Part[] => (text === '' ? [] : [{ type: 'literal', value: text }]);
    return [...literal(before), ...parts.map((part) => ({ ...part, unit: singular })), ...literal(after)];
  }

  format(value: unknown, unit: unknown): string {
    return joined(this.formatToParts(value, unit));
  }

  resolvedOptions(): object {
    return { locale: this.#locale, style: this.#style, numeric: this.#numeric, numberingSystem: 'latn' };
  }
}

/** Languages whose order is the root order, the only one that the program holds (`nodeapi/ops/src/intl.rs`). */
const ROOT_ORDER = ['en', 'en-GB', 'de', 'fr', 'it', 'nl', 'pt'];
const SENSITIVITIES = ['base', 'accent', 'case', 'variant'];
const orders = new Map<string, number>();

class Collator {
  readonly #locale: string;
  readonly #usage: string;
  readonly #sensitivity: string;
  readonly #ignorePunctuation: boolean;
  readonly #numeric: boolean;
  readonly #caseFirst: string;
  readonly #order: number;
  #bound: ((left: unknown, right: unknown) => number) | undefined;

  constructor(locales?: unknown, given?: unknown) {
    const options = new Options(given, 'Intl.Collator');
    const resolved = resolveLocale(locales, ROOT_ORDER);
    this.#usage = options.text('usage', ['sort', 'search'], 'sort');
    options.text('localeMatcher', ['lookup', 'best fit'], undefined);
    const keyword = resolved.keywords.get('kn');
    const first = resolved.keywords.get('kf');
    this.#numeric = options.boolean('numeric') ?? (keyword !== undefined && keyword !== 'false');
    this.#caseFirst = options.text('caseFirst', ['upper', 'lower', 'false'], first === 'upper' || first === 'lower' ? first : 'false');
    this.#sensitivity = options.text('sensitivity', SENSITIVITIES, 'variant');
    this.#ignorePunctuation = options.boolean('ignorePunctuation') ?? false;
    const name = resolved.locale === 'en-US' ? resolved.locale : resolved.locale.split('-')[0]!;
    this.#locale = keyword !== undefined && this.#numeric === (keyword !== 'false') ? `${name}-u-kn${keyword === '' ? '' : `-${keyword}`}` : name;
    const key = `${this.#sensitivity} ${this.#numeric} ${this.#ignorePunctuation} ${this.#caseFirst}`;
    let order = orders.get(key);
    if (order === undefined) {
      order = ops.intl_order_new(
        SENSITIVITIES.indexOf(this.#sensitivity), this.#numeric, this.#ignorePunctuation, ['false', 'upper', 'lower'].indexOf(this.#caseFirst),
      );
      orders.set(key, order);
    }
    this.#order = order;
  }

  get compare(): (left: unknown, right: unknown) => number {
    return this.#bound ??= ((left: unknown, right: unknown) => ops.intl_order_compare(this.#order, `${left as string}`, `${right as string}`)).bind(undefined);
  }

  resolvedOptions(): object {
    return {
      locale: this.#locale, usage: this.#usage, sensitivity: this.#sensitivity, ignorePunctuation: this.#ignorePunctuation,
      collation: 'default', numeric: this.#numeric, caseFirst: this.#caseFirst,
    };
  }
}

const GRANULARITIES = ['grapheme', 'word', 'sentence'];
interface Segment { segment: string; index: number; input: string; isWordLike?: boolean }

class Segments {
  readonly #text: string;
  readonly #granularity: string;
  #ends: number[] | undefined;

  constructor(text: string, granularity: string) {
    this.#text = text;
    this.#granularity = granularity;
  }

  #segment(i: number): Segment {
    const start = i === 0 ? 0 : Math.abs(this.#ends![i - 1]!);
    const end = this.#ends![i]!;
    const segment: Segment = { segment: this.#text.slice(start, Math.abs(end)), index: start, input: this.#text };
    if (this.#granularity === 'word') segment.isWordLike = end < 0;
    return segment;
  }

  containing(index?: unknown): Segment | undefined {
    const at = Math.trunc(Number(index ?? 0)) || 0;
    if (at < 0 || at >= this.#text.length) return undefined;
    this.#ends ??= ops.intl_segments(GRANULARITIES.indexOf(this.#granularity), this.#text);
    return this.#segment(this.#ends.findIndex((end) => Math.abs(end) > at));
  }

  *[Symbol.iterator](): Generator<Segment> {
    this.#ends ??= ops.intl_segments(GRANULARITIES.indexOf(this.#granularity), this.#text);
    for (let i = 0; i < this.#ends.length; i += 1) yield this.#segment(i);
  }
}

class Segmenter {
  readonly #locale: string;
  readonly #granularity: string;

  constructor(locales?: unknown, given?: unknown) {
    const options = new Options(given, 'Intl.Segmenter');
    this.#locale = resolveLocale(locales).locale;
    options.text('localeMatcher', ['lookup', 'best fit'], undefined);
    this.#granularity = options.text('granularity', GRANULARITIES, 'grapheme');
  }

  segment(text: unknown): Segments {
    return new Segments(`${text as string}`, this.#granularity);
  }

  resolvedOptions(): object {
    return { locale: this.#locale, granularity: this.#granularity };
  }
}

const NAME_TYPES = ['language', 'region', 'script', 'currency', 'calendar', 'dateTimeField'];

class DisplayNames {
  readonly #locale: string;
  readonly #data: LocaleData;
  readonly #type: string;
  readonly #style: string;
  readonly #fallback: string;
  readonly #languageDisplay: string;

  constructor(locales: unknown, given: unknown) {
    if (given === undefined) throw new TypeError('invalid_argument');
    const options = new Options(given, 'Intl.DisplayNames');
    const resolved = resolveLocale(locales);
    this.#locale = resolved.locale;
    this.#data = localeData(resolved.data);
    options.text('localeMatcher', ['lookup', 'best fit'], undefined);
    this.#style = options.text('style', ['narrow', 'short', 'long'], 'long');
    const type = options.text('type', NAME_TYPES, undefined);
    if (type === undefined) throw new TypeError('Required option "type" must not be undefined');
    this.#type = type;
    this.#fallback = options.text('fallback', ['code', 'none'], 'code');
    this.#languageDisplay = options.text('languageDisplay', ['dialect', 'standard'], 'dialect');
  }

  of(code: unknown): string | undefined {
    const text = String(code);
    const canonical = this.#canonical(text);
    return this.#name(canonical) ?? (this.#fallback === 'code' ? canonical : undefined);
  }

  #canonical(text: string): string {
    const fail = (): never => { throw new RangeError(`Invalid argument to Intl.DisplayNames.prototype.of`); };
    switch (this.#type) {
      case 'language': return /^[a-z]{2,8}(?:-|$)/i.test(text) ? canonicalTag(text) : fail();
      case 'region': return /^(?:[a-z]{2}|\d{3})$/i.test(text) ? text.toUpperCase() : fail();
      case 'script': return /^[a-z]{4}$/i.test(text) ? text[0]!.toUpperCase() + text.slice(1).toLowerCase() : fail();
      case 'currency': return /^[a-z]{3}$/i.test(text) ? text.toUpperCase() : fail();
      case 'calendar': return /^[a-z\d]{3,8}(?:-[a-z\d]{3,8})*$/i.test(text) ? text.toLowerCase() : fail();
      default: return text;
    }
  }

  #name(code: string): string | undefined {
    const { names, currencies } = this.#data;
    if (this.#type === 'currency') {
      const entry = currencies.list[code];
      if (entry === undefined) return undefined;
      const [symbol, narrow, , name] = entry;
      if (this.#style === 'long') return name;
      const usual = symbol === 0 ? code : symbol;
      return this.#style === 'narrow' && narrow !== 0 ? narrow : usual;
    }
    const table = names[this.#type] ?? {};
    const whole = this.#type === 'language' && this.#languageDisplay === 'standard' && code.includes('-') ? undefined : table[code];
    if (whole !== undefined || this.#type !== 'language' || !code.includes('-')) return whole;
    const [language, ...rest] = code.split('-');
    const base = names['language']?.[language!];
    if (base === undefined) return undefined;
    const about = rest.map((part) => names['script']?.[part] ?? names['region']?.[part] ?? part);
    return `${base} (${about.join(', ')})`;
  }

  resolvedOptions(): object {
    return {
      locale: this.#locale, style: this.#style, type: this.#type, fallback: this.#fallback,
      ...(this.#type === 'language' ? { languageDisplay: this.#languageDisplay } : {}),
    };
  }
}

export const PublicPluralRules = publicClass('PluralRules', PluralRules, false);
export const PublicListFormat = publicClass('ListFormat', ListFormat, false);
export const PublicRelativeTimeFormat = publicClass('RelativeTimeFormat', RelativeTimeFormat, false);
export const PublicCollator = publicClass('Collator', Collator, true, () => ROOT_ORDER);
export const PublicSegmenter = publicClass('Segmenter', Segmenter, false);
export const PublicDisplayNames = publicClass('DisplayNames', DisplayNames, false);
