for (const locale of ['en', 'de', 'ru', 'fr']) {
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  console.log(locale, relative.format(-1, 'day'), relative.format(3, 'weeks'), relative.format(-2.5, 'hour'));
  console.log(new Intl.ListFormat(locale).format(['a', 'b', 'c']), new Intl.ListFormat(locale, { type: 'disjunction' }).format(['a', 'b']));
  console.log([0, 1, 2, 3, 5, 21, 1.5].map((n) => new Intl.PluralRules(locale).select(n)).join());
  console.log(new Intl.DisplayNames(locale, { type: 'region' }).of('US'), new Intl.DisplayNames(locale, { type: 'currency' }).of('EUR'));
}
console.log([1, 2, 3, 11, 22].map((n) => new Intl.PluralRules('en', { type: 'ordinal' }).select(n)).join());
