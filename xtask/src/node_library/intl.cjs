// What `Intl` needs to know of a language, asked of the pinned Node: every pattern is read off formatted samples. Written to
// `intl/<language>.json` in the directory that the argument names.
'use strict';
const fs = require('fs');
const path = require('path');

/** Chosen for how many people write programs in them against what each adds to the program's size (ARCHITECTURE.md). */
const LOCALES = ['en', 'en-GB', 'de', 'es', 'fr', 'it', 'ja', 'ko', 'nl', 'pt', 'ru', 'zh'];
const UNITS = Intl.supportedValuesOf('unit');
const COMPOUND = ['kilometer-per-hour', 'mile-per-hour', 'mile-per-gallon', 'liter-per-kilometer', 'meter-per-second'];
const WIDTHS = ['long', 'short', 'narrow'];

const text = (parts, keep) => parts.map((part) => keep(part.type, part.value)).join('');

/** A number of each plural category, integers first. */
function samples(locale) {
  const rules = new Intl.PluralRules(locale);
  const found = {};
  const numbers = [...Array(130).keys(), 1e6, 1.5, 0.5].map(Number);
  for (const n of [1, 2, 0, ...numbers]) found[rules.select(n)] ??= n;
  return found;
}

/** The text around the number, with `{0}` in its place, for each category; one string if all are the same. */
function counted(locale, options) {
  const format = new Intl.NumberFormat(locale, { ...options, useGrouping: false });
  const out = {};
  for (const [category, n] of Object.entries(samples(locale))) {
    const parts = format.formatToParts(n);
    let placed = false;
    out[category] = text(parts, (type, value) => {
      if (!['integer', 'decimal', 'fraction'].includes(type)) return value;
      const mark = placed ? '' : '{0}';
      placed = true;
      return mark;
    });
  }
  const all = Object.values(out);
  return all.every((one) => one === all[0]) ? all[0] : out;
}

function numbers(locale) {
  const parts = (n, options) => new Intl.NumberFormat(locale, options).formatToParts(n);
  const part = (list, type) => list.find((one) => one.type === type)?.value;
  const big = parts(-1234567890.5, {});
  const integers = big.filter((one) => one.type === 'integer').map((one) => one.value.length);
  const signs = (n, options) => text(parts(n, options), (type, value) => {
    if (type === 'currency') return '¤';
    if (type === 'minusSign') return '-';
    if (type === 'integer') return '0';
    return value;
  });
  const money = { style: 'currency', maximumFractionDigits: 0 };
  const shape = (currency, currencyDisplay) => [
    signs(5, { ...money, currency, currencyDisplay }), signs(-5, { ...money, currency, currencyDisplay }),
    signs(-5, { ...money, currency, currencyDisplay, currencySign: 'accounting' }),
  ];
  const range = new Intl.NumberFormat(locale).formatRangeToParts(1, 2);
  return {
    decimal: part(big, 'decimal'), group: part(big, 'group') ?? '', minus: part(big, 'minusSign'),
    plus: part(parts(1, { signDisplay: 'always' }), 'plusSign'),
    percent: text(parts(5, { style: 'percent' }), (type, value) => (type === 'integer' ? '{0}' : value)).replace('00', ''),
    nan: part(parts(NaN, {}), 'nan'), infinity: part(parts(Infinity, {}), 'infinity'),
    exponent: part(parts(1e5, { notation: 'scientific' }), 'exponentSeparator'),
    range: part(range, 'literal'), approximately: part(new Intl.NumberFormat(locale).formatRangeToParts(1, 1), 'approximatelySign') ?? '~',
    sizes: [integers.at(-1), integers.at(-2)], groupFrom: part(parts(1234, {}), 'group') === undefined ? 2 : 1,
    currency: shape('EUR', 'narrowSymbol'), currencyLetters: shape('EUR', 'code'),
  };
}

function currencies(locale) {
  const out = {};
  for (const currency of Intl.supportedValuesOf('currency')) {
    const of = (currencyDisplay) => new Intl.NumberFormat(locale, { style: 'currency', currency, currencyDisplay })
      .formatToParts(1).find((part) => part.type === 'currency').value;
    const [symbol, narrow] = [of('symbol'), of('narrowSymbol')];
    const name = {};
    for (const [category, n] of Object.entries(samples(locale))) {
      const format = new Intl.NumberFormat(locale, { style: 'currency', currency, currencyDisplay: 'name', minimumFractionDigits: 0, maximumFractionDigits: 1 });
      name[category] = format.formatToParts(n).find((part) => part.type === 'currency').value;
    }
    const names = new Set(Object.values(name));
    out[currency] = [symbol === currency ? 0 : symbol, narrow === symbol ? 0 : narrow, names.size === 1 ? name.other : name,
      new Intl.DisplayNames(locale, { type: 'currency' }).of(currency)];
  }
  const pattern = text(new Intl.NumberFormat(locale, { style: 'currency', currency: 'EUR', currencyDisplay: 'name', maximumFractionDigits: 0 })
    .formatToParts(5), (type, value) => (type === 'integer' ? '{0}' : type === 'currency' ? '{1}' : value));
  return { named: pattern, list: out };
}

function compact(locale) {
  const out = {};
  for (const compactDisplay of ['short', 'long']) {
    out[compactDisplay] = [];
    for (let power = 3; power <= 14; power += 1) {
      const entry = {};
      let digits = 0;
      for (const [category, n] of Object.entries(samples(locale))) {
        const parts = new Intl.NumberFormat(locale, { notation: 'compact', compactDisplay, useGrouping: false, maximumSignificantDigits: 15 })
          .formatToParts((n >= 1 && n < 10 ? n : 3) * 10 ** power);
        digits = parts.filter((part) => part.type === 'integer').map((part) => part.value).join('').length;
        if (n >= 1 && n < 10) entry[category] = text(parts, (type, value) => (type === 'integer' ? '{0}' : type === 'compact' || type === 'literal' ? value : ''));
      }
      entry.other ??= Object.values(entry)[0];
      const all = Object.values(entry);
      out[compactDisplay].push([digits, all.every((one) => one === all[0]) ? all[0] : entry]);
    }
  }
  return out;
}

function units(locale) {
  const out = {};
  const per = {};
  for (const unit of [...UNITS, ...COMPOUND]) {
    out[unit] = WIDTHS.map((unitDisplay) => counted(locale, { style: 'unit', unit, unitDisplay }));
  }
  for (const unit of UNITS) {
    per[unit] = WIDTHS.map((unitDisplay) => {
      const whole = new Intl.NumberFormat(locale, { style: 'unit', unit: `meter-per-${unit}`, unitDisplay }).format(1);
      const base = new Intl.NumberFormat(locale, { style: 'unit', unit: 'meter', unitDisplay }).format(1);
      return whole.includes(base) ? whole.replace(base, '{0}') : 0;
    });
  }
  return { units: out, per };
}

function lists(locale) {
  const out = {};
  for (const type of ['conjunction', 'disjunction', 'unit']) {
    for (const style of WIDTHS) {
      const format = (...items) => new Intl.ListFormat(locale, { type, style }).formatToParts(items);
      const four = format('a', 'b', 'c', 'd').filter((part) => part.type === 'literal').map((part) => part.value);
      const two = format('a', 'b').filter((part) => part.type === 'literal').map((part) => part.value);
      out[`${type} ${style}`] = [two[0], ...four];
    }
  }
  return out;
}

function relative(locale) {
  const out = {};
  for (const unit of ['second', 'minute', 'hour', 'day', 'week', 'month', 'quarter', 'year']) {
    out[unit] = WIDTHS.map((style) => {
      const always = new Intl.RelativeTimeFormat(locale, { style });
      const auto = new Intl.RelativeTimeFormat(locale, { style, numeric: 'auto' });
      const entry = { past: {}, future: {}, auto: {} };
      const strip = (parts) => text(parts, (type, value) => (type === 'literal' ? value : '{0}')).replace(/(\{0\})+/g, '{0}');
      for (const [category, n] of Object.entries(samples(locale))) {
        entry.future[category] = strip(always.formatToParts(n, unit));
        entry.past[category] = strip(always.formatToParts(n === 0 ? -0 : -n, unit));
      }
      for (const n of [-2, -1, 0, 1, 2]) {
        const parts = auto.formatToParts(n, unit);
        if (parts.every((part) => part.type === 'literal')) entry.auto[n] = parts.map((part) => part.value).join('');
      }
      return entry;
    });
  }
  return out;
}

// --- dates: patterns in CLDR's letters, read off a date whose every field has another value ------------------------------------

const SAMPLE = Date.UTC(2003, 1, 4, 5, 6, 7, 89);
const EVENING = Date.UTC(2003, 1, 4, 17, 6, 7, 89);

function dates(locale) {
  const gregory = `${locale}-u-ca-gregory-nu-latn`;
  const parts = (options, at = SAMPLE) => new Intl.DateTimeFormat(gregory, { timeZone: 'UTC', ...options }).formatToParts(at);
  const of = (options, type, at) => parts(options, at).find((part) => part.type === type)?.value;
  const twelve = (list) => [...Array(12).keys()].map((month) => list(Date.UTC(2003, month, 15)));
  const seven = (list) => [...Array(7).keys()].map((day) => list(Date.UTC(2003, 5, 1 + day)));
  const names = {
    months: WIDTHS.map((month) => twelve((at) => of({ month, day: 'numeric' }, 'month', at))),
    monthsAlone: WIDTHS.map((month) => twelve((at) => of({ month }, 'month', at))),
    weekdays: WIDTHS.map((weekday) => seven((at) => of({ weekday, day: 'numeric' }, 'weekday', at))),
    weekdaysAlone: WIDTHS.map((weekday) => seven((at) => of({ weekday }, 'weekday', at))),
    eras: WIDTHS.map((era) => [of({ era }, 'era', Date.UTC(-100, 1, 1)), of({ era }, 'era')]),
    dayPeriods: WIDTHS.map((dayPeriod) => [...Array(24).keys()].map((hour) => of({ dayPeriod }, 'dayPeriod', Date.UTC(2003, 1, 4, hour, 6)))),
    ampm: [of({ hour: 'numeric', hour12: true }, 'dayPeriod'), of({ hour: 'numeric', hour12: true }, 'dayPeriod', EVENING)],
  };
  const letters = { era: 'G', year: 'y', hour: 'h', minute: 'm', second: 's', day: 'd', fractionalSecond: 'S', timeZoneName: 'z' };
  const pattern = (options) => {
    const evening = parts(options, EVENING);
    return text(parts(options), (type, value) => {
      if (type === 'literal') return value.replace(/[A-Za-z'{}]+/g, (word) => `'${word.replaceAll("'", "''")}'`);
      if (type === 'dayPeriod') return 'a';
      if (type === 'month') {
        const number = /^0?2$/.exec(value);
        if (number) return 'M'.repeat(value.length);
        const width = [3, 2, 4].find((_, i) => names.months[[1, -1, 0][i]]?.[1] === value);
        for (const [i, letter] of [[0, 4], [1, 3], [2, 5]]) if (names.months[i][1] === value && fits(options.month, letter, options)) return 'M'.repeat(letter);
        for (const [i, letter] of [[0, 4], [1, 3], [2, 5]]) if (names.monthsAlone[i][1] === value && fits(options.month, letter, options)) return 'L'.repeat(letter);
        for (const [i, letter] of [[0, 4], [1, 3], [2, 5]]) {
          if (names.months[i][1] === value) return 'M'.repeat(letter);
          if (names.monthsAlone[i][1] === value) return 'L'.repeat(letter);
        }
        throw new Error(`${locale}: month ${value} ${width}`);
      }
      if (type === 'weekday') {
        for (const [i, letter] of [[0, 4], [1, 3], [2, 5]]) if (names.weekdays[i][2] === value && weekdayFits(options.weekday, letter)) return 'E'.repeat(letter);
        for (const [i, letter] of [[0, 4], [1, 3], [2, 5]]) if (names.weekdaysAlone[i][2] === value && weekdayFits(options.weekday, letter)) return 'c'.repeat(letter);
        for (const [i, letter] of [[0, 4], [1, 3], [2, 5]]) if (names.weekdays[i][2] === value) return 'E'.repeat(letter);
        throw new Error(`${locale}: weekday ${value}`);
      }
      if (type === 'era') return 'G'.repeat([4, 1, 5][Math.max(0, names.eras.findIndex((one, i) => one[1] === value && (options.era === undefined || WIDTHS[i] === options.era)))]);
      if (type === 'hour') {
        const later = evening.find((part) => part.type === 'hour').value;
        return (Number(later) === 17 ? 'H' : 'h').repeat(value.length);
      }
      if (type === 'fractionalSecond') return 'S'.repeat(value.length);
      if (type === 'year') return value === '03' ? 'yy' : 'y';
      if (letters[type] === undefined) throw new Error(`${locale}: ${type}`);
      return letters[type].repeat(Math.min(2, value.length));
    });
  };
  const fits = (asked, letter, options) => (asked === undefined ? true : { long: 4, short: 3, narrow: 5 }[asked] === letter || options.dateStyle !== undefined);
  const weekdayFits = (asked, letter) => asked === undefined || { long: 4, short: 3, narrow: 5 }[asked] === letter;
  const date = {};
  const NUMERIC = [undefined, 'numeric', '2-digit'];
  const key = (value) => (value === undefined ? '-' : { numeric: 'n', '2-digit': '2', narrow: 'N', short: 'S', long: 'L' }[value]);
  for (const weekday of [undefined, ...WIDTHS]) for (const era of [undefined, ...WIDTHS]) for (const year of NUMERIC) {
    for (const month of [...NUMERIC, ...WIDTHS]) for (const day of NUMERIC) {
      const options = { weekday, era, year, month, day };
      if (era !== undefined && era !== 'short' && year === undefined) continue;
      for (const name of Object.keys(options)) if (options[name] === undefined) delete options[name];
      if (Object.keys(options).length === 0) continue;
      date[[weekday, era, year, month, day].map(key).join('')] = pattern(options);
    }
  }
  const time = {};
  for (const hour of NUMERIC) for (const minute of NUMERIC) for (const second of NUMERIC) for (const weekday of [undefined, ...WIDTHS]) {
    const options = { hour, minute, second, weekday };
    for (const name of Object.keys(options)) if (options[name] === undefined) delete options[name];
    if (hour === undefined && minute === undefined && second === undefined) continue;
    if (weekday !== undefined && hour === undefined) continue;
    const entry = hour === undefined ? [pattern(options)] : [pattern({ ...options, hourCycle: 'h23' }), pattern({ ...options, hour12: true })];
    time[[weekday, hour, minute, second].map(key).join('')] = entry.length === 2 && entry[0] === entry[1] ? [entry[0]] : entry;
  }
  const styles = {};
  const STYLES = [undefined, 'full', 'long', 'medium', 'short'];
  for (const dateStyle of STYLES) for (const timeStyle of STYLES) {
    const options = { dateStyle, timeStyle };
    for (const name of Object.keys(options)) if (options[name] === undefined) delete options[name];
    if (Object.keys(options).length === 0) continue;
    const zone = (one) => one.replace(/z+/, timeStyle === 'full' ? 'zzzz' : 'z');
    const id = `${dateStyle ?? '-'} ${timeStyle ?? '-'}`;
    styles[id] = timeStyle === undefined ? [zone(pattern(options))] :
      [zone(pattern({ ...options, hourCycle: 'h23' })), zone(pattern({ ...options, hour12: true }))];
  }
  const glue = (options) => {
    const list = parts({ ...options, hour: '2-digit', minute: '2-digit', hour12: false });
    const alone = parts(options).at(-1);
    const between = list[list.findIndex((part) => part.type === 'hour') - 1].value;
    return alone.type === 'literal' && between.startsWith(alone.value) ? between.slice(alone.value.length) : between;
  };
  const zoned = {};
  for (const hour of ['numeric', '2-digit']) for (const minute of NUMERIC) for (const second of minute === undefined ? [undefined] : NUMERIC) {
    const options = { hour, minute, second, timeZoneName: 'short' };
    for (const name of Object.keys(options)) if (options[name] === undefined) delete options[name];
    zoned[[undefined, hour, minute, second].map(key).join('')] = [pattern({ ...options, hourCycle: 'h23' }), pattern({ ...options, hour12: true })];
  }
  const offset = parts({ hour: 'numeric', timeZone: 'Etc/GMT+3', timeZoneName: 'shortOffset' }).find((part) => part.type === 'timeZoneName').value;
  return {
    ...names, date, time, styles,
    hourCycle: new Intl.DateTimeFormat(locale, { hour: 'numeric' }).resolvedOptions().hourCycle,
    glue: [
      glue({ weekday: 'long', year: 'numeric', month: 'long', day: 'numeric' }), glue({ year: 'numeric', month: 'long', day: 'numeric' }),
      glue({ year: 'numeric', month: 'short', day: 'numeric' }), glue({ year: 'numeric', month: 'numeric', day: 'numeric' }),
    ],
    zoned, gmt: offset.slice(0, 3), gmtMinus: offset[3],
    range: parts && new Intl.DateTimeFormat(gregory, { timeZone: 'UTC' }).formatRangeToParts(SAMPLE, SAMPLE + 864e5 * 400).find((part) => part.source === 'shared')?.value,
  };
}

/** Names of time zones, `[short standard, short summer, long standard, long summer]`; zones of one set of names share it. */
function zones(locale) {
  const sets = [];
  const index = new Map();
  const list = {};
  const at = [Date.UTC(2026, 0, 1), Date.UTC(2026, 6, 1)];
  for (const timeZone of [...Intl.supportedValuesOf('timeZone'), 'UTC']) {
    const offset = (time) => new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' }).formatToParts(time).find((part) => part.type === 'timeZoneName').value;
    const order = offset(at[0]) <= offset(at[1]) || !offset(at[0]).includes('-') ? at : at;
    const names = ['short', 'long'].flatMap((timeZoneName) => order.map((time) =>
      new Intl.DateTimeFormat(locale, { timeZone, timeZoneName }).formatToParts(time).find((part) => part.type === 'timeZoneName').value));
    const short = names.map((name) => (/^(GMT|UTC)[+-]/.test(name) ? 0 : name));
    if (short.every((name) => name === 0)) continue;
    const id = JSON.stringify(short);
    if (!index.has(id)) index.set(id, sets.push(short) - 1);
    list[timeZone] = index.get(id);
  }
  return { sets, list };
}

function displayNames(locale) {
  const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
  const of = (type, codes) => {
    const format = new Intl.DisplayNames(locale, { type, fallback: 'none' });
    const out = {};
    for (const code of codes) {
      let name;
      try { name = format.of(code); } catch { continue; }
      if (name !== undefined && name !== code) out[code] = name;
    }
    return out;
  };
  const pairs = letters.flatMap((a) => letters.map((b) => a + b));
  const languages = pairs.map((pair) => pair.toLowerCase());
  const scripts = ['Latn', 'Cyrl', 'Arab', 'Grek', 'Hebr', 'Deva', 'Beng', 'Hans', 'Hant', 'Jpan', 'Kore', 'Hang', 'Hani', 'Thai', 'Taml', 'Telu', 'Geor', 'Armn', 'Khmr', 'Mong', 'Tibt', 'Hira', 'Kana', 'Ethi', 'Gujr', 'Guru', 'Knda', 'Mlym', 'Sinh', 'Laoo', 'Mymr'];
  return {
    region: of('region', [...pairs, '001', '002', '003', '005', '009', '019', '142', '150', '419']),
    language: of('language', [...languages, 'fil', 'haw', 'yue', 'en-US', 'en-GB', 'en-AU', 'en-CA', 'es-419', 'es-ES', 'es-MX', 'fr-CA', 'fr-CH', 'pt-BR', 'pt-PT', 'zh-Hans', 'zh-Hant', 'de-AT', 'de-CH', 'nl-BE']),
    script: of('script', scripts),
    dateTimeField: of('dateTimeField', ['era', 'year', 'quarter', 'month', 'weekOfYear', 'weekday', 'day', 'dayPeriod', 'hour', 'minute', 'second', 'timeZoneName']),
  };
}

const all = {};
for (const locale of LOCALES) {
  const whole = {
    numbers: numbers(locale), currencies: currencies(locale), compact: compact(locale), ...units(locale), lists: lists(locale),
    relative: relative(locale), dates: dates(locale), zones: zones(locale), names: displayNames(locale),
  };
  // A regional locale holds what differs from its language.
  const [language] = locale.split('-');
  if (language !== locale && locale !== 'zh-TW') for (const [name, value] of Object.entries(whole)) if (JSON.stringify(value) === JSON.stringify(all[language][name])) delete whole[name];
  all[locale] = whole;
}
const digits = {};
for (const currency of Intl.supportedValuesOf('currency')) {
  const { maximumFractionDigits } = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions();
  if (maximumFractionDigits !== 2) digits[currency] = maximumFractionDigits;
}
const likely = {};
for (const language of [...'abcdefghijklmnopqrstuvwxyz'].flatMap((a) => [...'abcdefghijklmnopqrstuvwxyz'].map((b) => a + b))) {
  const whole = new Intl.Locale(language).maximize();
  if (whole.script !== undefined) likely[language] = `${whole.script}-${whole.region}`;
}
const folder = path.join(process.argv[2], 'intl');
fs.mkdirSync(folder, { recursive: true });
for (const [locale, data] of Object.entries(all)) fs.writeFileSync(path.join(folder, `${locale}.json`), JSON.stringify(data));
fs.writeFileSync(path.join(folder, 'common.json'), JSON.stringify({
  locales: LOCALES, currencyDigits: digits, currencies: Intl.supportedValuesOf('currency'), units: UNITS,
  timeZones: Intl.supportedValuesOf('timeZone'), likely,
}));
