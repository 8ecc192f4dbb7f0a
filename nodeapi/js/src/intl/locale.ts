// `Intl.Locale` and what the namespace itself can do. ECMA-402, sections 8 and 14.

import { brand, canonicalList, canonicalTag, common, Options, publicClass } from './data';

const EXTENSION_OPTIONS: Array<[string, string, readonly string[] | undefined]> = [
  ['calendar', 'ca', undefined], ['collation', 'co', undefined], ['hourCycle', 'hc', ['h11', 'h12', 'h23', 'h24']],
  ['caseFirst', 'kf', ['upper', 'lower', 'false']], ['numeric', 'kn', undefined], ['numberingSystem', 'nu', undefined],
];

interface Pieces { language: string; script: string; region: string; variants: string[]; keywords: Map<string, string>; rest: string }

function pieces(tag: string): Pieces {
  const base = tag.replace(/-(?:[a-wy-z\d]-.*|x-.*)$/, '');
  const [language, ...parts] = base.split('-') as [string, ...string[]];
  const out: Pieces = { language, script: '', region: '', variants: [], keywords: new Map(), rest: '' };
  for (const part of parts) {
    if (/^[A-Z][a-z]{3}$/.test(part)) out.script = part;
    else if (/^(?:[A-Z]{2}|\d{3})$/.test(part)) out.region = part;
    else out.variants.push(part);
  }
  const extension = /-u((?:-[a-z\d]{2,8})+)/.exec(tag);
  let key: string | undefined;
  for (const part of extension?.[1]?.slice(1).split('-') ?? []) {
    if (part.length === 2) out.keywords.set(key = part, '');
    else if (key !== undefined) out.keywords.set(key, [out.keywords.get(key), part].filter(Boolean).join('-'));
  }
  out.rest = tag.slice(base.length).replace(extension?.[0] ?? '', '');
  return out;
}

const baseOf = ({ language, script, region, variants }: Pieces): string => [language, script, region, ...variants].filter((part) => part !== '').join('-');

function whole(parts: Pieces): string {
  const keywords = [...parts.keywords].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => (value === '' || value === 'true' ? key : `${key}-${value}`));
  return `${baseOf(parts)}${keywords.length === 0 ? '' : `-u-${keywords.join('-')}`}${parts.rest}`;
}

class Locale {
  readonly #parts: Pieces;

  constructor(tag: unknown, given?: unknown) {
    if (typeof tag !== 'string' && (typeof tag !== 'object' || tag === null)) {
      throw new TypeError('First argument to Intl.Locale constructor can\'t be empty or missing');
    }
    this.#parts = pieces(canonicalTag(String(tag)));
    const options = new Options(given, 'Intl.Locale');
    const part = (name: 'language' | 'script' | 'region', form: RegExp, spell: (text: string) => string): void => {
      const value = options.text(name, undefined, undefined);
      if (value === undefined) return;
      if (!form.test(value)) throw new RangeError('Incorrect locale information provided');
      this.#parts[name] = spell(value);
    };
    part('language', /^(?:[a-z]{2,3}|[a-z]{5,8})$/i, (text) => text.toLowerCase());
    part('script', /^[a-z]{4}$/i, (text) => text[0]!.toUpperCase() + text.slice(1).toLowerCase());
    part('region', /^(?:[a-z]{2}|\d{3})$/i, (text) => text.toUpperCase());
    for (const [name, key, allowed] of EXTENSION_OPTIONS) {
      const value = name === 'numeric' ? options.boolean(name) : options.text(name, allowed, undefined);
      if (value === undefined) continue;
      if (typeof value === 'string' && !/^[a-z\d]{3,8}(?:-[a-z\d]{3,8})*$/i.test(value)) throw new RangeError(`Invalid ${name} : ${value}`);
      this.#parts.keywords.set(key, value === true ? '' : String(value));
    }
  }

  static isLocale(value: unknown): boolean {
    return typeof value === 'object' && value !== null && #parts in value;
  }

  get baseName(): string { return baseOf(this.#parts); }
  get language(): string { return this.#parts.language; }
  get script(): string | undefined { return this.#parts.script || undefined; }
  get region(): string | undefined { return this.#parts.region || undefined; }
  get calendar(): string | undefined { return this.#parts.keywords.get('ca'); }
  get collation(): string | undefined { return this.#parts.keywords.get('co'); }
  get hourCycle(): string | undefined { return this.#parts.keywords.get('hc'); }
  get caseFirst(): string | undefined { return this.#parts.keywords.get('kf'); }
  get numeric(): boolean { return this.#parts.keywords.has('kn') && this.#parts.keywords.get('kn') !== 'false'; }
  get numberingSystem(): string | undefined { return this.#parts.keywords.get('nu'); }
  toString(): string { return whole(this.#parts); }

  maximize(): Locale {
    const [script, region] = (common().likely[this.#parts.language] ?? '-').split('-') as [string, string];
    return new PublicLocale(whole({ ...this.#parts, script: this.#parts.script || script, region: this.#parts.region || region }));
  }

  minimize(): Locale {
    const [script, region] = (common().likely[this.#parts.language] ?? '-').split('-') as [string, string];
    const own = { ...this.#parts };
    if (own.script === script) own.script = '';
    if (own.region === region) own.region = '';
    return new PublicLocale(whole(own));
  }
}
brand.isLocale = Locale.isLocale;
delete (Locale as any).isLocale;
export const PublicLocale = publicClass('Locale', Locale, false);

export function supportedValuesOf(key: unknown): string[] {
  switch (String(key)) {
    case 'calendar': return ['gregory'];
    case 'collation': return ['default'];
    case 'currency': return [...common().currencies];
    case 'numberingSystem': return ['latn'];
    case 'timeZone': return [...common().timeZones];
    case 'unit': return [...common().units];
    default: throw new RangeError(`Invalid key : ${String(key)}`);
  }
}

export const getCanonicalLocales = (locales?: unknown): string[] => canonicalList(locales);
