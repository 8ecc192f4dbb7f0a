// `Intl.NumberFormat`. ECMA-402, section 16.

import { common, filled, joined, localeData, Options, publicClass, resolveLocale, type Counted, type LocaleData, type Part } from './data';
import { digitsOf, magnitude, parseNumeric, roundFraction, roundSignificant, scaled, type Decimal, type Numeric } from './decimal';

declare global {
  interface Ops {
    intl_plural_category(locale: string, ordinal: boolean, number: string): string | undefined;
    intl_plural_categories(locale: string, ordinal: boolean): string[];
  }
}

const INCREMENTS = [1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000, 2000, 2500, 5000];
const MODES = ['ceil', 'floor', 'expand', 'trunc', 'halfCeil', 'halfFloor', 'halfExpand', 'halfTrunc', 'halfEven'];
const WIDTHS = ['long', 'short', 'narrow'];
/** Powers of ten that have compact words. */
const COMPACT_FROM = 3;
const COMPACT_TO = 14;

export interface DigitOptions {
  minimumIntegerDigits: number;
  minimumFractionDigits?: number;
  maximumFractionDigits?: number;
  minimumSignificantDigits?: number;
  maximumSignificantDigits?: number;
  roundingIncrement: number;
  roundingMode: string;
  roundingPriority: string;
  trailingZeroDisplay: string;
  /** How the two kinds of digits meet. */
  rounding: 'fraction' | 'significant' | 'more' | 'less';
}

/** As `SetNumberFormatDigitOptions`. */
export function digitOptions(options: Options, leastFraction: number, mostFraction: number, notation: string): DigitOptions {
  const minimumIntegerDigits = options.number('minimumIntegerDigits', 1, 21, 1);
  let mnfd = options.raw('minimumFractionDigits');
  let mxfd = options.raw('maximumFractionDigits');
  let mnsd = options.raw('minimumSignificantDigits');
  let mxsd = options.raw('maximumSignificantDigits');
  const roundingIncrement = options.number('roundingIncrement', 1, 5000, 1);
  if (!INCREMENTS.includes(roundingIncrement)) options.fail('roundingIncrement', roundingIncrement);
  const roundingMode = options.text('roundingMode', MODES, 'halfExpand');
  const roundingPriority = options.text('roundingPriority', ['auto', 'morePrecision', 'lessPrecision'], 'auto');
  const trailingZeroDisplay = options.text('trailingZeroDisplay', ['auto', 'stripIfInteger'], 'auto');
  const result: DigitOptions = {
    minimumIntegerDigits, roundingIncrement, roundingMode, roundingPriority, trailingZeroDisplay, rounding: 'fraction',
  };
  const hasSignificant = mnsd !== undefined || mxsd !== undefined;
  const hasFraction = mnfd !== undefined || mxfd !== undefined;
  const needsSignificant = roundingPriority !== 'auto' || hasSignificant;
  const needsFraction = roundingPriority !== 'auto' || !(hasSignificant || (!hasFraction && notation === 'compact'));
  if (needsSignificant) {
    if (hasSignificant || roundingPriority === 'auto') {
      mnsd = options.number('minimumSignificantDigits', 1, 21, 1);
      mxsd = options.number('maximumSignificantDigits', mnsd, 21, 21);
    }
    result.minimumSignificantDigits = mnsd ?? 1;
    result.maximumSignificantDigits = mxsd ?? 21;
  }
  if (needsFraction) {
    if (hasFraction) {
      mnfd = options.number('minimumFractionDigits', 0, 100, undefined);
      mxfd = options.number('maximumFractionDigits', 0, 100, undefined);
      if (mnfd === undefined) mnfd = Math.min(leastFraction, mxfd);
      else if (mxfd === undefined) mxfd = Math.max(mostFraction, mnfd);
      else if (mnfd > mxfd) throw new RangeError('maximumFractionDigits value is out of range.');
    }
    result.minimumFractionDigits = mnfd ?? leastFraction;
    result.maximumFractionDigits = mxfd ?? mostFraction;
  }
  if (!needsSignificant && !needsFraction) {
    Object.assign(result, {
      minimumFractionDigits: 0, maximumFractionDigits: 0, minimumSignificantDigits: 1, maximumSignificantDigits: 2, rounding: 'more',
    });
    result.roundingPriority = 'morePrecision';
  } else if (roundingPriority !== 'auto') result.rounding = roundingPriority === 'morePrecision' ? 'more' : 'less';
  else if (hasSignificant) result.rounding = 'significant';
  if (roundingIncrement !== 1) {
    if (result.rounding !== 'fraction') throw new TypeError('roundingIncrement value is invalid.');
    if (result.maximumFractionDigits !== result.minimumFractionDigits) throw new RangeError('roundingIncrement value is out of range.');
  }
  return result;
}

/** The rounded number, and its digits before and after the point. */
export function roundedDigits(value: Decimal, options: DigitOptions): { rounded: Decimal; whole: string; fraction: string } {
  const mode = options.roundingMode;
  const byFraction = (): [Decimal, number] => [
    roundFraction(value, options.maximumFractionDigits!, mode, options.roundingIncrement), options.minimumFractionDigits!,
  ];
  const bySignificant = (): [Decimal, number] => {
    const rounded = roundSignificant(value, options.maximumSignificantDigits!, mode);
    return [rounded, Math.max(0, options.minimumSignificantDigits! - 1 - magnitude(rounded))];
  };
  let chosen: [Decimal, number];
  if (options.rounding === 'fraction') chosen = byFraction();
  else if (options.rounding === 'significant') chosen = bySignificant();
  else {
    const fractionPlaces = options.maximumFractionDigits!;
    const significantPlaces = options.maximumSignificantDigits! - 1 - magnitude(value);
    const significant = options.rounding === 'more' ? significantPlaces >= fractionPlaces : significantPlaces <= fractionPlaces;
    chosen = significant ? bySignificant() : byFraction();
  }
  const [rounded, least] = chosen;
  let [whole, fraction] = digitsOf(rounded, options.minimumIntegerDigits, least);
  if (options.trailingZeroDisplay === 'stripIfInteger' && /^0*$/.test(fraction)) fraction = '';
  return { rounded, whole, fraction };
}

/** Puts separators between the digits of a whole number. */
function grouped(whole: string, data: LocaleData, grouping: string | false): Part[] {
  const [first, others] = data.numbers.sizes;
  const least = grouping === 'min2' ? Math.max(2, data.numbers.groupFrom) : grouping === 'always' ? 1 : data.numbers.groupFrom;
  if (grouping === false || whole.length < first + least) return [{ type: 'integer', value: whole }];
  const pieces = [whole.slice(-first)];
  for (let end = whole.length - first; end > 0; end -= others) pieces.unshift(whole.slice(Math.max(0, end - others), end));
  return pieces.flatMap((piece, i) => (i === 0 ? [{ type: 'integer', value: piece }] : [{ type: 'group', value: data.numbers.group }, { type: 'integer', value: piece }]));
}

export const plural = (locale: string, ordinal: boolean, number: string): string => host.ops.intl_plural_category(locale, ordinal, number) ?? 'other';

const pick = (text: Counted, category: () => string): string => (typeof text === 'string' ? text : text[category()] ?? text['other']!);

class NumberFormat {
  readonly #locale: string;
  readonly #dataName: string;
  readonly #data: LocaleData;
  readonly #style: string;
  readonly #currency: string | undefined;
  readonly #currencyDisplay: string;
  readonly #accounting: boolean;
  readonly #unit: string | undefined;
  readonly #unitDisplay: string;
  readonly #notation: string;
  readonly #compactDisplay: 'short' | 'long';
  readonly #grouping: string | false;
  readonly #signDisplay: string;
  readonly #digits: DigitOptions;
  #bound: ((value: unknown) => string) | undefined;

  constructor(locales?: unknown, given?: unknown) {
    const options = new Options(given, 'Intl.NumberFormat');
    options.text('localeMatcher', ['lookup', 'best fit'], undefined);
    const resolved = resolveLocale(locales);
    this.#locale = resolved.locale;
    this.#dataName = resolved.data;
    this.#data = localeData(resolved.data);
    const numbering = options.text('numberingSystem', undefined, undefined);
    if (numbering !== undefined && !/^[a-z\d]{3,8}(?:-[a-z\d]{3,8})*$/i.test(numbering)) throw new RangeError(`Invalid numberingSystem : ${numbering}`);
    this.#style = options.text('style', ['decimal', 'percent', 'currency', 'unit'], 'decimal');
    const currency = options.text('currency', undefined, undefined);
    if (currency !== undefined && !/^[a-z]{3}$/i.test(currency)) throw new RangeError(`Invalid currency code : ${currency}`);
    if (this.#style === 'currency' && currency === undefined) throw new TypeError('Currency code is required with currency style.');
    this.#currency = currency?.toUpperCase();
    this.#currencyDisplay = options.text('currencyDisplay', ['code', 'symbol', 'narrowSymbol', 'name'], 'symbol');
    this.#accounting = options.text('currencySign', ['standard', 'accounting'], 'standard') === 'accounting';
    this.#unit = options.text('unit', undefined, undefined);
    if (this.#unit !== undefined && !this.#unit.split('-per-').every((one) => common().units.includes(one))) {
      throw new RangeError(`Invalid unit argument for Intl.NumberFormat() '${this.#unit}'`);
    }
    if (this.#style === 'unit' && this.#unit === undefined) throw new TypeError('Unit is required with unit style.');
    this.#unitDisplay = options.text('unitDisplay', ['short', 'narrow', 'long'], 'short');
    this.#notation = options.text('notation', ['standard', 'scientific', 'engineering', 'compact'], 'standard');
    const [least, most] = this.#defaultFraction();
    this.#digits = digitOptions(options, least, most, this.#notation);
    this.#compactDisplay = options.text('compactDisplay', ['short', 'long'], 'short') as 'short';
    this.#grouping = this.#useGrouping(options);
    this.#signDisplay = options.text('signDisplay', ['auto', 'never', 'always', 'exceptZero', 'negative'], 'auto');
  }

  #defaultFraction(): [number, number] {
    if (this.#style === 'currency' && this.#notation === 'standard') {
      const digits = common().currencyDigits[this.#currency!] ?? 2;
      return [digits, digits];
    }
    return [0, this.#style === 'percent' ? 0 : 3];
  }

  #useGrouping(options: Options): string | false {
    const fallback = this.#notation === 'compact' ? 'min2' : 'auto';
    const value = options.raw('useGrouping');
    if (value === undefined) return fallback;
    if (value === true) return 'always';
    if (value === false || value === null || value === 0 || value === '') return false;
    const text = String(value);
    if (text === 'true' || text === 'false') return fallback;
    if (!['min2', 'auto', 'always'].includes(text)) options.fail('useGrouping', text);
    return text;
  }

  get format(): (value: unknown) => string {
    return this.#bound ??= ((value: unknown) => joined(this.#parts(parseNumeric(value)))).bind(undefined);
  }

  formatToParts(value: unknown): Part[] {
    return this.#parts(parseNumeric(value));
  }

  #rangeParts(from: unknown, to: unknown): Array<Part & { source: string }> {
    if (from === undefined || to === undefined) throw new TypeError('start or end is undefined');
    const [start, end] = [parseNumeric(from), parseNumeric(to)];
    if (start === 'nan' || end === 'nan') throw new RangeError('Invalid range');
    const first = this.#parts(start);
    const last = this.#parts(end);
    const of = (parts: Part[], source: string): Array<Part & { source: string }> => parts.map((part) => ({ ...part, source }));
    if (joined(first) === joined(last)) {
      return of([{ type: 'approximatelySign', value: this.#data.numbers.approximately }, ...first], 'shared');
    }
    const range = this.#data.numbers.range;
    const wide = this.#style === 'currency' && !/\s/.test(range) ? ` ${range} ` : range;
    return [...of(first, 'startRange'), { type: 'literal', value: wide, source: 'shared' }, ...of(last, 'endRange')];
  }

  formatRange(start: unknown, end: unknown): string {
    return joined(this.#rangeParts(start, end));
  }

  formatRangeToParts(start: unknown, end: unknown): Array<Part & { source: string }> {
    return this.#rangeParts(start, end);
  }

  /** The number without sign and style, and its text for plural rules. */
  #number(value: Decimal): { parts: Part[]; zero: boolean; category: () => string } {
    const symbols = this.#data.numbers;
    let shown = value;
    let exponent = 0;
    let compacted: Counted | undefined;
    const fits = (power: number): void => {
      if (this.#notation === 'compact') {
        const entry = power < COMPACT_FROM ? undefined : this.#data.compact[this.#compactDisplay][Math.min(power, COMPACT_TO) - COMPACT_FROM];
        exponent = entry === undefined ? 0 : Math.min(power, COMPACT_TO) + 1 - entry[0];
        compacted = exponent === 0 ? undefined : entry![1];
      } else exponent = this.#notation === 'engineering' ? Math.floor(power / 3) * 3 : power;
      shown = scaled(value, -exponent);
    };
    let digits = roundedDigits(shown, this.#digits);
    if (this.#notation !== 'standard' && value.coefficient !== 0n) {
      fits(magnitude(value));
      digits = roundedDigits(shown, this.#digits);
      const power = magnitude(digits.rounded) + exponent;
      if (power !== magnitude(value)) {
        fits(power);
        digits = roundedDigits(shown, this.#digits);
      }
    }
    const { rounded, whole, fraction } = digits;
    const parts = grouped(whole, this.#data, this.#grouping);
    if (fraction !== '') parts.push({ type: 'decimal', value: symbols.decimal }, { type: 'fraction', value: fraction });
    if (this.#notation === 'scientific' || this.#notation === 'engineering') {
      parts.push({ type: 'exponentSeparator', value: symbols.exponent });
      if (exponent < 0) parts.push({ type: 'exponentMinusSign', value: symbols.minus });
      parts.push({ type: 'exponentInteger', value: String(Math.abs(exponent)) });
    }
    const category = (): string => plural(this.#dataName, false, fraction === '' ? whole : `${whole}.${fraction}`);
    const all = compacted === undefined ? parts : filled(pick(compacted, category), 'compact', [parts]);
    return { parts: all, zero: rounded.coefficient === 0n, category };
  }

  #sign(negative: boolean, zero: boolean): '' | '-' | '+' {
    switch (this.#signDisplay) {
      case 'never': return '';
      case 'always': return negative ? '-' : '+';
      case 'exceptZero': return zero ? '' : negative ? '-' : '+';
      case 'negative': return negative && !zero ? '-' : '';
      default: return negative ? '-' : '';
    }
  }

  #parts(value: Numeric): Part[] {
    const symbols = this.#data.numbers;
    let negative = false;
    let zero = false;
    let category = (): string => 'other';
    let parts: Part[];
    if (value === 'nan') {
      parts = [{ type: 'nan', value: symbols.nan }];
      zero = true;
    } else if ('infinite' in value) {
      negative = value.negative;
      parts = [{ type: 'infinity', value: symbols.infinity }];
    } else {
      negative = value.negative;
      ({ parts, zero, category } = this.#number(this.#style === 'percent' ? scaled(value, 2) : value));
    }
    const sign = this.#sign(negative, zero);
    const signed: Part[] = sign === '' ? [] : [sign === '-' ? { type: 'minusSign', value: symbols.minus } : { type: 'plusSign', value: symbols.plus }];
    switch (this.#style) {
      case 'percent': return [...signed, ...filled(symbols.percent, 'percentSign', [parts])];
      case 'currency': return this.#money(parts, sign, signed, category);
      case 'unit': return this.#measure([...signed, ...parts], category);
      default: return [...signed, ...parts];
    }
  }

  #money(parts: Part[], sign: string, signed: Part[], category: () => string): Part[] {
    const code = this.#currency!;
    const [symbol, narrow, names] = this.#data.currencies.list[code] ?? [0, 0, code];
    if (this.#currencyDisplay === 'name') {
      return filled(this.#data.currencies.named, 'literal', [[...signed, ...parts], [{ type: 'currency', value: pick(names, category) }]]);
    }
    const usual = symbol === 0 ? code : symbol;
    const shown = this.#currencyDisplay === 'code' ? code : this.#currencyDisplay === 'symbol' || narrow === 0 ? usual : narrow;
    const { currency, currencyLetters } = this.#data.numbers;
    const before = /¤.*0/.test(currency[0]!);
    const patterns = (before ? /\p{L}$/u : /^\p{L}/u).test(shown) ? currencyLetters : currency;
    const pattern = sign === '' ? patterns[0]! : sign === '-' && this.#accounting ? patterns[2]! : patterns[1]!;
    const out: Part[] = [];
    for (const piece of pattern.split(/([¤0-])/)) {
      if (piece === '¤') out.push({ type: 'currency', value: shown });
      else if (piece === '0') out.push(...parts);
      else if (piece === '-') out.push(...signed);
      else if (piece !== '') out.push({ type: 'literal', value: piece });
    }
    return out;
  }

  #measure(parts: Part[], category: () => string): Part[] {
    const width = WIDTHS.indexOf(this.#unitDisplay);
    const unit = this.#unit!;
    const type = unit === 'percent' ? 'percentSign' : 'unit';
    const whole = this.#data.units[unit]?.[width];
    if (whole !== undefined) return filled(pick(whole, category), type, [parts]);
    const [first, second] = unit.split('-per-') as [string, string];
    const counted = pick(this.#data.units[first]![width]!, category);
    const per = this.#data.per[second]![width];
    return filled(per === 0 || per === undefined ? `${counted}/${second}` : per.replace('{0}', counted), type, [parts]);
  }

  resolvedOptions(): object {
    const { rounding: _, ...digits } = this.#digits;
    const out: Record<string, unknown> = { locale: this.#locale, numberingSystem: 'latn', style: this.#style };
    if (this.#style === 'currency') {
      Object.assign(out, { currency: this.#currency, currencyDisplay: this.#currencyDisplay, currencySign: this.#accounting ? 'accounting' : 'standard' });
    }
    if (this.#style === 'unit') Object.assign(out, { unit: this.#unit, unitDisplay: this.#unitDisplay });
    for (const name of ['minimumIntegerDigits', 'minimumFractionDigits', 'maximumFractionDigits', 'minimumSignificantDigits', 'maximumSignificantDigits'] as const) {
      if (digits[name] !== undefined) out[name] = digits[name];
    }
    out['useGrouping'] = this.#grouping;
    out['notation'] = this.#notation;
    if (this.#notation === 'compact') out['compactDisplay'] = this.#compactDisplay;
    out['signDisplay'] = this.#signDisplay;
    for (const name of ['roundingIncrement', 'roundingMode', 'roundingPriority', 'trailingZeroDisplay'] as const) out[name] = digits[name];
    return out;
  }
}

export const PublicNumberFormat = publicClass('NumberFormat', NumberFormat, true);
