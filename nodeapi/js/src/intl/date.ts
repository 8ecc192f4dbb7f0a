// `Intl.DateTimeFormat`, for the Gregorian calendar. ECMA-402, section 11.

import { common, joined, localeData, Options, publicClass, resolveLocale, type LocaleData, type Part } from './data';

declare global {
  interface Ops {
    intl_zone_offset(zone: string, ms: number): number | undefined;
    intl_zone_name(zone: string): string | undefined;
  }
}

const { ops } = host;
const WIDTHS = ['long', 'short', 'narrow'];
const DATE_FIELDS = ['weekday', 'era', 'year', 'month', 'day'] as const;
const TIME_FIELDS = ['dayPeriod', 'hour', 'minute', 'second', 'fractionalSecondDigits'] as const;
const NUMERIC = ['2-digit', 'numeric'];
const ZONE_NAMES = ['short', 'long', 'shortOffset', 'longOffset', 'shortGeneric', 'longGeneric'];
const ALLOWED: Record<string, string[]> = {
  weekday: WIDTHS, era: WIDTHS, year: NUMERIC, month: [...NUMERIC, ...WIDTHS], day: NUMERIC, dayPeriod: WIDTHS,
  hour: NUMERIC, minute: NUMERIC, second: NUMERIC, timeZoneName: ZONE_NAMES,
};
const KEYS: Record<string, string> = { numeric: 'n', '2-digit': '2', narrow: 'N', short: 'S', long: 'L' };
const DAY_MS = 864e5;
/** Dates that ECMAScript has: this many days around 1970. */
const DAYS_MAX = 1e8;

/** What a formatter makes when its options name no field. */
export type Defaults = 'date' | 'time' | 'all';
export type Required = 'date' | 'time' | 'any';

/** The zone of the process: `TZ`, else UTC. */
export const localZone = { name: 'UTC' };

/** Makes `TZ` the zone of dates and formatters; what is no zone is UTC, as in libc. */
export function setLocalZone(given: string | undefined): void {
  let name = 'UTC';
  try {
    if (given !== undefined && given !== '') name = canonicalZone(given.replace(/^:/, ''));
  } catch {
    name = 'UTC';
  }
  localZone.name = name;
  host.engine.setTimezone(name === 'UTC' ? undefined : (ms) => -zoneOffset(name, ms).seconds / 60, 'intl_zone_offset', name);
}

/** A zone as `resolvedOptions().timeZone` gives it. */
function canonicalZone(given: unknown): string {
  if (given === undefined) return localZone.name;
  const text = String(given);
  const offset = /^([+-])(\d{2})(?::?(\d{2}))?$/.exec(text);
  if (offset !== null && Number(offset[2]) < 24 && Number(offset[3] ?? 0) < 60) {
    const zero = Number(offset[2]) === 0 && Number(offset[3] ?? 0) === 0;
    return `${zero ? '+' : offset[1]}${offset[2]}:${offset[3] ?? '00'}`;
  }
  if (/^(?:utc|gmt|etc\/utc|etc\/gmt|etc\/uct|uct|zulu|etc\/zulu|etc\/universal|universal|etc\/greenwich|greenwich)$/i.test(text)) return 'UTC';
  const name = /^[\w+/-]+$/.test(text) ? ops.intl_zone_name(text) : undefined;
  if (name === undefined) throw new RangeError(`Invalid time zone specified: ${text}`);
  return name;
}

/** Seconds east of UTC, and whether it is summer time. */
function zoneOffset(zone: string, ms: number): { seconds: number; summer: boolean } {
  if (zone === 'UTC') return { seconds: 0, summer: false };
  const fixed = /^([+-])(\d{2}):(\d{2})$/.exec(zone);
  if (fixed !== null) return { seconds: (fixed[1] === '-' ? -1 : 1) * (Number(fixed[2]) * 3600 + Number(fixed[3]) * 60), summer: false };
  const offset = ops.intl_zone_offset(zone, ms) ?? 0;
  const seconds = Math.floor(offset);
  return { seconds, summer: seconds !== offset };
}

/** V8 gives texts, not parts, with the space that programs expect before `PM`. */
const plainSpaces = (text: string): string => text.replaceAll('\u202f', ' ');

interface Fields { ms: number; at: Date; seconds: number; summer: boolean }

class DateTimeFormat {
  readonly #locale: string;
  readonly #data: LocaleData;
  readonly #zone: string;
  readonly #hourCycle: string | undefined;
  readonly #options: Record<string, any> = {};
  readonly #pattern: string;
  #bound: ((date?: unknown) => string) | undefined;

  constructor(locales?: unknown, given?: unknown, required: Required = 'any', defaults: Defaults = 'date') {
    const options = new Options(given, 'Intl.DateTimeFormat');
    const resolved = resolveLocale(locales);
    this.#data = localeData(resolved.data);
    options.text('localeMatcher', ['lookup', 'best fit'], undefined);
    const calendar = options.text('calendar', undefined, undefined);
    if (calendar !== undefined && !/^[a-z\d]{3,8}(?:-[a-z\d]{3,8})*$/i.test(calendar)) throw new RangeError(`Invalid calendar : ${calendar}`);
    const hour12 = options.boolean('hour12');
    const cycle = options.text('hourCycle', ['h11', 'h12', 'h23', 'h24'], undefined);
    this.#zone = canonicalZone(options.raw('timeZone'));
    for (const name of ['weekday', 'era', 'year', 'month', 'day', 'dayPeriod', 'hour', 'minute', 'second']) {
      this.#set(name, options.text(name, ALLOWED[name], undefined));
    }
    this.#set('fractionalSecondDigits', options.number('fractionalSecondDigits', 1, 3, undefined));
    this.#set('timeZoneName', options.text('timeZoneName', ZONE_NAMES, undefined));
    options.text('formatMatcher', ['basic', 'best fit'], undefined);
    const dateStyle = options.text('dateStyle', ['full', 'long', 'medium', 'short'], undefined);
    const timeStyle = options.text('timeStyle', ['full', 'long', 'medium', 'short'], undefined);
    this.#checkStyles(dateStyle, timeStyle, required);
    if (dateStyle === undefined && timeStyle === undefined) this.#addDefaults(required, defaults);
    this.#set('dateStyle', dateStyle);
    this.#set('timeStyle', timeStyle);
    const hasHour = this.#options['hour'] !== undefined || timeStyle !== undefined;
    const keyword = resolved.keywords.get('hc');
    const own = this.#data.dates.hourCycle;
    if (hasHour) {
      if (hour12 === true) this.#hourCycle = own === 'h11' || own === 'h12' ? own : resolved.data === 'ja' ? 'h11' : 'h12';
      else if (hour12 === false) this.#hourCycle = 'h23';
      else this.#hourCycle = cycle ?? (keyword !== undefined && /^h(?:11|12|23|24)$/.test(keyword) ? keyword : own);
    }
    const usesKeyword = keyword !== undefined && hour12 === undefined && (cycle ?? keyword) === keyword && /^h(?:11|12|23|24)$/.test(keyword);
    this.#locale = usesKeyword ? `${resolved.locale}-u-hc-${keyword}` : resolved.locale;
    this.#pattern = this.#choose();
  }

  #set(name: string, value: unknown): void {
    if (value !== undefined) this.#options[name] = value;
  }

  #checkStyles(dateStyle: unknown, timeStyle: unknown, required: Required): void {
    if (dateStyle === undefined && timeStyle === undefined) return;
    const field = Object.keys(this.#options)[0];
    if (field !== undefined) {
      throw new TypeError(`Can't set option ${field} when ${dateStyle === undefined ? 'timeStyle' : 'dateStyle'} is used`);
    }
    if (required === 'date' && timeStyle !== undefined) throw new TypeError('Invalid option : timeStyle');
    if (required === 'time' && dateStyle !== undefined) throw new TypeError('Invalid option : dateStyle');
  }

  #addDefaults(required: Required, defaults: Defaults): void {
    const has = (names: readonly string[]): boolean => names.some((name) => this.#options[name] !== undefined);
    const dated = required !== 'time' && has(['weekday', 'year', 'month', 'day']);
    const timed = required !== 'date' && has(TIME_FIELDS);
    if (dated || timed) return;
    if (defaults !== 'time') for (const name of ['year', 'month', 'day']) this.#options[name] = 'numeric';
    if (defaults !== 'date') for (const name of ['hour', 'minute', 'second']) this.#options[name] = 'numeric';
  }

  /** The pattern in CLDR's letters. */
  #choose(): string {
    const { dates } = this.#data;
    const o = this.#options;
    const twelve = this.#hourCycle === 'h11' || this.#hourCycle === 'h12';
    const half = (pair: string[]): string => pair[twelve ? 1 : 0] ?? pair[0]!;
    if (o['dateStyle'] !== undefined || o['timeStyle'] !== undefined) return half(dates.styles[`${o['dateStyle'] ?? '-'} ${o['timeStyle'] ?? '-'}`]!);
    const key = (name: string): string => (o[name] === undefined ? '-' : KEYS[o[name]]!);
    const timed = TIME_FIELDS.some((name) => o[name] !== undefined);
    const onlyWeekday = timed && o['hour'] !== undefined && o['weekday'] !== undefined && DATE_FIELDS.every((name) => name === 'weekday' || o[name] === undefined);
    const dateKey = DATE_FIELDS.map(key).join('');
    const date = onlyWeekday ? '' : dates.date[dateKey] ?? '';
    let time = '';
    if (timed) {
      const timeKey = [onlyWeekday ? key('weekday') : '-', key('hour'), key('minute'), key('second')].join('');
      const zoned = o['timeZoneName'] !== undefined && !onlyWeekday ? dates.zoned[timeKey] : undefined;
      time = timeKey === '----' ? '' : half(zoned ?? dates.time[timeKey] ?? ['']);
      if (o['dayPeriod'] !== undefined) time = twelve && time !== '' ? time.replace('a', 'B') : time === '' ? 'B' : time;
      if (o['fractionalSecondDigits'] !== undefined) {
        const digits = 'S'.repeat(o['fractionalSecondDigits']);
        time = /s/.test(time) ? time.replace(/s+/, (all) => `${all}${this.#data.numbers.decimal}${digits}`) : time === '' ? digits : `${time} ${digits}`;
      }
    }
    if (o['timeZoneName'] !== undefined) {
      const zone = { short: 'z', long: 'zzzz', shortOffset: 'O', longOffset: 'OOOO', shortGeneric: 'v', longGeneric: 'vvvv' }[o['timeZoneName'] as string]!;
      if (/z/.test(time)) time = time.replace(/z+/, zone);
      else if (time !== '') time = `${time} ${zone}`;
      else return `${date}, ${zone}`;
    }
    if (date === '' || time === '') return date + time;
    const width = o['month'] === 'long' ? (o['weekday'] === undefined ? 1 : 0) : o['month'] === 'short' ? 2 : 3;
    return `${date}${dates.glue[width]!.replace(/[A-Za-z]+/g, "'$&'")}${time}`;
  }

  #fields(ms: number): Fields {
    const { seconds, summer } = zoneOffset(this.#zone, ms);
    return { ms, at: new Date(ms + seconds * 1000), seconds, summer };
  }

  #value(date: unknown): number {
    const ms = date === undefined ? Date.now() : Number(date);
    if (!(Math.abs(ms) <= DAYS_MAX * DAY_MS)) throw new RangeError('Invalid time value');
    return ms;
  }

  get format(): (date?: unknown) => string {
    return this.#bound ??= ((date?: unknown) => plainSpaces(joined(this.#parts(this.#fields(this.#value(date)))))).bind(undefined);
  }

  formatToParts(date?: unknown): Part[] {
    return this.#parts(this.#fields(this.#value(date)));
  }

  #rangeParts(from: unknown, to: unknown): Array<Part & { source: string }> {
    if (from === undefined || to === undefined) throw new TypeError('startDate or endDate cannot be undefined');
    const first = this.#parts(this.#fields(this.#value(from)));
    const last = this.#parts(this.#fields(this.#value(to)));
    const of = (parts: Part[], source: string): Array<Part & { source: string }> => parts.map((part) => ({ ...part, source }));
    if (joined(first) === joined(last)) return of(first, 'shared');
    return [...of(first, 'startRange'), { type: 'literal', value: this.#data.dates.range, source: 'shared' }, ...of(last, 'endRange')];
  }

  formatRange(start: unknown, end: unknown): string {
    return plainSpaces(joined(this.#rangeParts(start, end)));
  }

  formatRangeToParts(start: unknown, end: unknown): Array<Part & { source: string }> {
    return this.#rangeParts(start, end);
  }

  #parts(fields: Fields): Part[] {
    const out: Part[] = [];
    const literal = (value: string): void => {
      if (value === '') return;
      const last = out.at(-1);
      if (last?.type === 'literal') last.value += value;
      else out.push({ type: 'literal', value });
    };
    for (const [, quoted, field, , other] of this.#pattern.matchAll(/'((?:[^']|'')*)'|(([A-Za-z])\3*)|([^])/g)) {
      if (field !== undefined) out.push(this.#field(field, fields));
      else literal(quoted !== undefined ? quoted.replaceAll("''", "'") : other ?? '');
    }
    return out;
  }

  #field(field: string, { at, ms, seconds, summer }: Fields): Part {
    const { dates } = this.#data;
    const width = field.length === 4 ? 0 : field.length === 5 ? 2 : 1;
    const padded = (type: string, value: number): Part => ({ type, value: String(value).padStart(field.length, '0') });
    const year = at.getUTCFullYear();
    switch (field[0]) {
      case 'G': return { type: 'era', value: dates.eras[width]![year > 0 ? 1 : 0]! };
      case 'y': {
        const shown = year > 0 ? year : 1 - year;
        return { type: 'year', value: field.length === 2 ? String(shown % 100).padStart(2, '0') : String(shown) };
      }
      case 'M': return field.length < 3 ? padded('month', at.getUTCMonth() + 1) : { type: 'month', value: dates.months[width]![at.getUTCMonth()]! };
      case 'L': return { type: 'month', value: dates.monthsAlone[width]![at.getUTCMonth()]! };
      case 'd': return padded('day', at.getUTCDate());
      case 'E': return { type: 'weekday', value: dates.weekdays[width]![at.getUTCDay()]! };
      case 'c': return { type: 'weekday', value: dates.weekdaysAlone[width]![at.getUTCDay()]! };
      case 'H': case 'h': return padded('hour', this.#hour(at.getUTCHours()));
      case 'm': return padded('minute', at.getUTCMinutes());
      case 's': return padded('second', at.getUTCSeconds());
      case 'S': return { type: 'fractionalSecond', value: String(at.getUTCMilliseconds()).padStart(3, '0').slice(0, field.length) };
      case 'a': return { type: 'dayPeriod', value: dates.ampm[at.getUTCHours() < 12 ? 0 : 1]! };
      case 'B': return { type: 'dayPeriod', value: dates.dayPeriods[WIDTHS.indexOf(this.#options['dayPeriod'])]![at.getUTCHours()]! };
      default: return { type: 'timeZoneName', value: this.#zoneName(field, ms, seconds, summer) };
    }
  }

  #hour(hour: number): number {
    switch (this.#hourCycle) {
      case 'h11': return hour % 12;
      case 'h12': return hour % 12 === 0 ? 12 : hour % 12;
      case 'h24': return hour === 0 ? 24 : hour;
      default: return hour;
    }
  }

  #zoneName(field: string, ms: number, seconds: number, summer: boolean): string {
    const long = field.length === 4;
    if (field[0] !== 'O') {
      if (this.#zone === 'UTC' && !long) return 'UTC';
      const { sets, list } = this.#data.zones;
      const names = sets[list[this.#zone] ?? -1];
      // The names were taken in January and July.
      const january = zoneOffset(this.#zone, Date.UTC(new Date(ms).getUTCFullYear(), 0, 1)).summer;
      const name = names?.[(long ? 2 : 0) + (summer === january ? 0 : 1)];
      if (typeof name === 'string') return name;
    }
    const { gmt, gmtMinus } = this.#data.dates;
    if (seconds === 0 && field[0] !== 'O') return gmt;
    const minutes = Math.abs(Math.trunc(seconds / 60));
    const hours = Math.floor(minutes / 60);
    const rest = minutes % 60;
    const sign = seconds < 0 ? gmtMinus : '+';
    if (long) return `${gmt}${sign}${String(hours).padStart(2, '0')}:${String(rest).padStart(2, '0')}`;
    return `${gmt}${sign}${hours}${rest === 0 ? '' : `:${String(rest).padStart(2, '0')}`}`;
  }

  resolvedOptions(): object {
    const out: Record<string, unknown> = { locale: this.#locale, calendar: 'gregory', numberingSystem: 'latn', timeZone: this.#zone };
    if (this.#hourCycle !== undefined) {
      out['hourCycle'] = this.#hourCycle;
      out['hour12'] = this.#hourCycle === 'h11' || this.#hourCycle === 'h12';
    }
    const widths: Record<string, [string, (letters: string) => unknown]> = {
      E: ['weekday', named], c: ['weekday', named], G: ['era', named], y: ['year', counted], M: ['month', named], L: ['month', named],
      d: ['day', counted], B: ['dayPeriod', () => this.#options['dayPeriod']], H: ['hour', counted], h: ['hour', counted], m: ['minute', counted],
      s: ['second', counted], S: ['fractionalSecondDigits', (letters) => letters.length], z: ['timeZoneName', () => this.#options['timeZoneName']],
    };
    const styled = this.#options['dateStyle'] !== undefined || this.#options['timeStyle'] !== undefined;
    if (!styled) {
      const found: Record<string, unknown> = {};
      for (const [letters] of this.#pattern.replace(/'(?:[^']|'')*'/g, '').matchAll(/([A-Za-z])\1*/g)) {
        const entry = widths[letters[0]!];
        if (entry !== undefined) found[entry[0]] = entry[1](letters);
      }
      for (const name of ['weekday', 'era', 'year', 'month', 'day', 'dayPeriod', 'hour', 'minute', 'second', 'fractionalSecondDigits', 'timeZoneName']) {
        const value = name === 'timeZoneName' ? this.#options[name] : found[name];
        if (value !== undefined) out[name] = value;
      }
    }
    for (const name of ['dateStyle', 'timeStyle']) if (this.#options[name] !== undefined) out[name] = this.#options[name];
    return out;
  }
}

const counted = (letters: string): string => (letters.length === 2 ? '2-digit' : 'numeric');
const named = (letters: string): string => ({ 1: letters[0] === 'G' ? 'short' : 'numeric', 2: '2-digit', 3: 'short', 4: 'long', 5: 'narrow' }[letters.length]!);

export { DateTimeFormat };
export const PublicDateTimeFormat = publicClass('DateTimeFormat', DateTimeFormat, true);

/** Zones that `Intl.supportedValuesOf('timeZone')` names. */
export const timeZones = (): string[] => common().timeZones;
