for (const options of [{}, { style: 'percent' }, { style: 'currency', currency: 'USD' }, { style: 'currency', currency: 'JPY' }, { notation: 'compact' },
  { notation: 'scientific' }, { style: 'unit', unit: 'kilometer-per-hour' }, { maximumSignificantDigits: 3 }, { minimumFractionDigits: 2 }, { signDisplay: 'always' }, { useGrouping: false }]) {
  const format = new Intl.NumberFormat('en-US', options);
  console.log([0, -0, 0.256, 1234567.891, -5, NaN, Infinity].map(format.format).join(' | '));
}
console.log(new Intl.NumberFormat('de-DE', { style: 'currency', currency: 'EUR' }).formatToParts(-1234.5));
console.log(123456789012345680000n.toLocaleString(), (1234.5).toLocaleString('fr-FR'));
