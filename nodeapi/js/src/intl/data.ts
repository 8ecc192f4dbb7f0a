// The languages that `Intl` knows: their data (made by `xtask/src/node_library/intl.cjs`), and how a request becomes one of them.

declare global {
  interface Ops {
    intl_data(name: string): string | undefined;
  }
}

/** One text, or one for each plural category. */
export type Counted = string | Record<string, string>;

export interface LocaleData {
  numbers: {
    decimal: string; group: string; minus: string; plus: string; percent: string; nan: string; infinity: string; exponent: string;
    range: string; approximately: string; sizes: [number, number]; groupFrom: number; currency: string[]; currencyLetters: string[];
  };
  currencies: { named: string; list: Record<string, [string | 0, string | 0, Counted, string]> };
  compact: Record<'short' | 'long', Array<[number, Counted]>>;
  units: Record<string, Counted[]>;
  per: Record<string, Array<string | 0>>;
  lists: Record<string, string[]>;
  relative: Record<string, Array<{ past: Record<string, string>; future: Record<string, string>; auto: Record<string, string> }>>;
  dates: {
    months: string[][]; monthsAlone: string[][]; weekdays: string[][]; weekdaysAlone: string[][]; eras: string[][]; ampm: string[];
    dayPeriods: string[][]; date: Record<string, string>; time: Record<string, string[]>; styles: Record<string, string[]>;
    hourCycle: string; glue: string[]; zoned: Record<string, string[]>; gmt: string; gmtMinus: string; range: string;
  };
  zones: { sets: Array<Array<string | 0>>; list: Record<string, number> };
  names: Record<string, Record<string, string>>;
}

export interface Common {
  locales: string[]; currencyDigits: Record<string, number>; currencies: string[]; units: string[]; timeZones: string[];
  likely: Record<string, string>;
}

let shared: Common | undefined;

/** What all languages share. */
export function common(): Common {
  return shared ??= JSON.parse(host.ops.intl_data('common') ?? '{"locales":[],"currencyDigits":{},"currencies":[],"units":[],"timeZones":[],"likely":{}}');
}

const loaded = new Map<string, LocaleData>();

/** The data of a language of `common().locales`. */
export function localeData(locale: string): LocaleData {
  let data = loaded.get(locale);
  if (data === undefined) {
    const own = JSON.parse(host.ops.intl_data(locale)!);
    const parent = locale.includes('-') ? localeData(locale.split('-')[0]!) : undefined;
    data = { ...parent, ...own } as LocaleData;
    loaded.set(locale, data);
  }
  return data;
}

export const DEFAULT_LOCALE = 'en-US';

const TAG = /^(?:[a-z]{2,3}|[a-z]{5,8})(?:-[a-z]{4})?(?:-(?:[a-z]{2}|\d{3}))?(?:-(?:[a-z\d]{5,8}|\d[a-z\d]{3}))*(?:-[a-wy-z\d](?:-[a-z\d]{2,8})+)*(?:-x(?:-[a-z\d]{1,8})+)?$/i;

/** A language tag in its canonical spelling. RFC 5646, section 4.5. */
export function canonicalTag(tag: string): string {
  if (!TAG.test(tag)) throw new RangeError(`Incorrect locale information provided`);
  const parts = tag.toLowerCase().split('-');
  let extended = false;
  const spelled = parts.map((part, i) => {
    if (part.length === 1) extended = true;
    if (i === 0 || extended) return part;
    if (part.length === 4 && /^[a-z]/.test(part)) return part[0]!.toUpperCase() + part.slice(1);
    return part.length === 2 ? part.toUpperCase() : part;
  });
  return spelled.join('-').replace(/-true(?=-|$)/, '').replace(/^(iw|in|ji)(?=-|$)/, (old) => ({ iw: 'he', in: 'id', ji: 'yi' })[old]!);
}

/** As `CanonicalizeLocaleList`. */
export function canonicalList(locales: unknown): string[] {
  if (locales === undefined) return [];
  if (locales === null) throw new TypeError('Cannot convert undefined or null to object');
  const items = typeof locales === 'string' || isLocale(locales) ? [locales] : Array.from(locales as ArrayLike<unknown>);
  const out: string[] = [];
  for (const item of items) {
    if (typeof item !== 'string' && (typeof item !== 'object' || item === null)) throw new TypeError('Language ID should be string or object.');
    const tag = canonicalTag(String(item));
    if (!out.includes(tag)) out.push(tag);
  }
  return out;
}

/** Set by `locale.ts`. */
export const brand: { isLocale: (value: unknown) => boolean } = { isLocale: () => false };
const isLocale = (value: unknown): boolean => brand.isLocale(value);

export interface Resolved {
  /** What `resolvedOptions().locale` says. */
  locale: string;
  data: string;
  /** Unicode extension keywords of the request. */
  keywords: Map<string, string>;
}

/** The supported form of a tag without extensions, with the name of its data. */
function supported(tag: string, known: string[]): { locale: string; data: string } | undefined {
  const [language, ...rest] = tag.split('-');
  if (known.includes(tag)) return { locale: tag, data: tag };
  if (!known.includes(language!)) return undefined;
  // A region or script that the language's own data is made for.
  const [script, region] = (common().likely[language!] ?? '').split('-');
  if (rest.every((part) => part === script || part === region)) return { locale: tag, data: language! };
  return undefined;
}

function keywords(tag: string): Map<string, string> {
  const found = new Map<string, string>();
  const extension = /-u((?:-[a-z\d]{2,8})+)/.exec(tag)?.[1]?.slice(1).split('-') ?? [];
  let key: string | undefined;
  for (const part of extension) {
    if (part.length === 2) {
      key = part;
      found.set(key, '');
    } else if (key !== undefined) {
      const before = found.get(key)!;
      found.set(key, before === '' ? part : `${before}-${part}`);
    }
  }
  return found;
}

/** Tag without its extensions. */
const plain = (tag: string): string => tag.replace(/-[a-wy-z\d]-.*$/, '').replace(/-x-.*$/, '');

/** As `ResolveLocale`: the first request that is supported, shortened from its end as long as it is not. */
export function resolveLocale(locales: unknown, known: string[] = common().locales): Resolved {
  for (const tag of canonicalList(locales)) {
    for (let at = plain(tag); at !== ''; at = at.includes('-') ? at.slice(0, at.lastIndexOf('-')) : '') {
      const found = supported(at, known);
      if (found !== undefined) return { ...found, keywords: keywords(tag) };
    }
  }
  return { locale: DEFAULT_LOCALE, data: 'en', keywords: new Map() };
}

/** As `supportedLocalesOf`. */
export function supportedLocalesOf(locales: unknown, options: unknown, known: string[] = common().locales): string[] {
  matcher(options, 'Intl');
  return canonicalList(locales).filter((tag) => {
    for (let at = plain(tag); at !== ''; at = at.includes('-') ? at.slice(0, at.lastIndexOf('-')) : '') {
      if (supported(at, known) !== undefined) return true;
    }
    return false;
  });
}

/** Reads options as ECMA-402 does, with V8's messages. */
export class Options {
  readonly #options: any;
  constructor(options: unknown, readonly owner: string) {
    if (options === null) throw new TypeError('Cannot convert undefined or null to object');
    this.#options = options === undefined ? {} : Object(options);
  }

  fail(name: string, value: unknown): never {
    throw new RangeError(`Value ${String(value)} out of range for ${this.owner} options property ${name}`);
  }

  raw(name: string): any {
    return this.#options[name];
  }

  text<D extends string | undefined>(name: string, allowed: readonly string[] | undefined, fallback: D): string | D {
    const value = this.#options[name];
    if (value === undefined) return fallback;
    const asText = String(value);
    if (allowed !== undefined && !allowed.includes(asText)) this.fail(name, asText);
    return asText;
  }

  boolean(name: string): boolean | undefined {
    const value = this.#options[name];
    return value === undefined ? undefined : Boolean(value);
  }

  number<D extends number | undefined>(name: string, least: number, most: number, fallback: D): number | D {
    const value = this.#options[name];
    if (value === undefined) return fallback;
    const number = Number(value);
    if (!(number >= least && number <= most)) throw new RangeError(`${name} value is out of range.`);
    return Math.floor(number);
  }
}

function matcher(options: unknown, owner: string): void {
  if (options !== undefined) new Options(options, owner).text('localeMatcher', ['lookup', 'best fit'], undefined);
}

export interface Part { type: string; value: string }

export const joined = (parts: Part[]): string => {
  let text = '';
  for (const part of parts) text += part.value;
  return text;
};

/** Fills `{0}`, `{1}` … of a pattern with parts; what stands between is of type `type`, its outer spaces literals. */
export function filled(pattern: string, type: string, values: Part[][]): Part[] {
  const out: Part[] = [];
  const between = (text: string): void => {
    if (text === '') return;
    const [, before, word, after] = /^([\s\u00a0\u202f]*)([^]*?)([\s\u00a0\u202f]*)$/.exec(text)!;
    if (before !== '') out.push({ type: 'literal', value: before! });
    if (word !== '') out.push({ type, value: word! });
    if (after !== '') out.push({ type: 'literal', value: after! });
  };
  for (const piece of pattern.split(/(\{\d\})/)) {
    const slot = /^\{(\d)\}$/.exec(piece);
    if (slot === null) between(piece);
    else out.push(...values[Number(slot[1])] ?? []);
  }
  return out;
}

/** A class of `Intl` as a property of that name; `callable`: also without `new`. */
export function publicClass(name: string, Class: any, callable: boolean, known?: () => string[]): any {
  const Public: any = function(...args: unknown[]): unknown {
    if (new.target === undefined && !callable) throw new TypeError(`Constructor Intl.${name} requires 'new'`);
    return Reflect.construct(Class, args, new.target ?? Public);
  };
  Public.prototype = Class.prototype;
  Object.defineProperty(Public, 'prototype', { writable: false });
  Object.defineProperty(Class.prototype, 'constructor', { value: Public, writable: true, configurable: true, enumerable: false });
  Object.defineProperty(Public, 'name', { value: name, configurable: true });
  Object.defineProperty(Public, 'length', { value: name === 'DisplayNames' ? 2 : 0, configurable: true });
  Object.defineProperty(Class.prototype, Symbol.toStringTag, { value: `Intl.${name}`, configurable: true });
  if (name !== 'Locale') {
    Object.defineProperty(Public, 'supportedLocalesOf', {
      value: { supportedLocalesOf(locales: unknown, options?: unknown): string[] { return supportedLocalesOf(locales, options, known?.()); } }.supportedLocalesOf,
      writable: true, configurable: true, enumerable: false,
    });
  }
  return Public;
}
