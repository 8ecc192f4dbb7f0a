// The global `Intl`, and the methods of the language that are its: `toLocaleString`, `localeCompare` and their kin.

import { DateTimeFormat, localZone, PublicDateTimeFormat, type Defaults, type Required } from './date';
import { getCanonicalLocales, PublicLocale, supportedValuesOf } from './locale';
import { PublicNumberFormat } from './number';
import { PublicCollator, PublicDisplayNames, PublicListFormat, PublicPluralRules, PublicRelativeTimeFormat, PublicSegmenter } from './text';

const Intl: any = {};
const define = (target: object, name: PropertyKey, value: unknown): void => {
  Object.defineProperty(target, name, { value, writable: true, enumerable: false, configurable: true });
};
for (const [name, value] of Object.entries({
  getCanonicalLocales, supportedValuesOf, Collator: PublicCollator, DateTimeFormat: PublicDateTimeFormat, DisplayNames: PublicDisplayNames,
  ListFormat: PublicListFormat, Locale: PublicLocale, NumberFormat: PublicNumberFormat, PluralRules: PublicPluralRules,
  RelativeTimeFormat: PublicRelativeTimeFormat, Segmenter: PublicSegmenter,
})) define(Intl, name, value);
Object.defineProperty(Intl, Symbol.toStringTag, { value: 'Intl', configurable: true });

/** The formatter for the defaults is wanted again and again. */
function cached<T>(make: (locales: unknown, options: unknown) => T): (locales: unknown, options: unknown) => T {
  let first: T | undefined;
  let zone = localZone.name;
  return (locales, options) => {
    if (locales !== undefined || options !== undefined) return make(locales, options);
    if (first === undefined || zone !== localZone.name) first = make(undefined, undefined);
    zone = localZone.name;
    return first;
  };
}

const numberFormat = cached((locales, options) => new PublicNumberFormat(locales, options));
const collator = cached((locales, options) => new PublicCollator(locales, options));
const dateFormat = (required: Required, defaults: Defaults) => cached((locales, options) => new DateTimeFormat(locales, options, required, defaults));
const [whole, dates, times] = [dateFormat('any', 'all'), dateFormat('date', 'date'), dateFormat('time', 'time')];

const valueOfNumber = Number.prototype.valueOf;
const valueOfBigInt = BigInt.prototype.valueOf;
const getTime = Date.prototype.getTime;
const dated = (date: Date, format: DateTimeFormat): string => {
  const ms = getTime.call(date);
  return Number.isNaN(ms) ? 'Invalid Date' : format.format(ms);
};

/** Arrays that are being written: one inside itself is empty. */
const writing = new Set<unknown>();

function listed(list: ArrayLike<any>, locales: unknown, options: unknown): string {
  if (writing.has(list)) return '';
  writing.add(list);
  try {
    const texts: string[] = [];
    for (let i = 0; i < list.length; i += 1) {
      const item = list[i];
      texts.push(item === undefined || item === null ? '' : String(item.toLocaleString(locales, options)));
    }
    return texts.join(',');
  } finally {
    writing.delete(list);
  }
}

const nativeTexts = { toString: Date.prototype.toString, toTimeString: Date.prototype.toTimeString };
let zoneFormat: { zone: string; format: DateTimeFormat } | undefined;

/** V8 says the zone's name behind the offset. */
function withZone(date: Date, text: string): string {
  const ms = getTime.call(date);
  if (Number.isNaN(ms)) return text;
  if (zoneFormat?.zone !== localZone.name) zoneFormat = { zone: localZone.name, format: new DateTimeFormat('en-US', { timeZoneName: 'long' }) };
  return `${text} (${zoneFormat.format.formatToParts(ms).find((part) => part.type === 'timeZoneName')!.value})`;
}

/** Puts `Intl` and its methods into a realm. */
export function install(global: any): void {
  define(global, 'Intl', Intl);
  const methods = {
    Number: { toLocaleString(this: number, locales?: unknown, options?: unknown): string { return numberFormat(locales, options).format(valueOfNumber.call(this)); } },
    BigInt: { toLocaleString(this: bigint, locales?: unknown, options?: unknown): string { return numberFormat(locales, options).format(valueOfBigInt.call(this)); } },
    Date: {
      toString(this: Date): string { return withZone(this, nativeTexts.toString.call(this)); },
      toTimeString(this: Date): string { return withZone(this, nativeTexts.toTimeString.call(this)); },
      toLocaleString(this: Date, locales?: unknown, options?: unknown): string { return dated(this, whole(locales, options)); },
      toLocaleDateString(this: Date, locales?: unknown, options?: unknown): string { return dated(this, dates(locales, options)); },
      toLocaleTimeString(this: Date, locales?: unknown, options?: unknown): string { return dated(this, times(locales, options)); },
    },
    Array: { toLocaleString(this: ArrayLike<any>, locales?: unknown, options?: unknown): string { return listed(this, locales, options); } },
    String: {
      localeCompare(this: string, that: unknown, locales?: unknown, options?: unknown): number {
        if (this === undefined || this === null) throw new TypeError('String.prototype.localeCompare called on null or undefined');
        return collator(locales, options).compare(String(this), String(that));
      },
    },
  };
  define(Object.getPrototypeOf(global.Uint8Array.prototype), 'toLocaleString', methods.Array.toLocaleString);
  for (const [type, list] of Object.entries(methods)) {
    for (const [name, method] of Object.entries(list)) {
      Object.defineProperty(method, 'length', { value: name === 'localeCompare' ? 1 : 0, configurable: true });
      define(global[type].prototype, name, method);
    }
  }
}

install(host.global);
