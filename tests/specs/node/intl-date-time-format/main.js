const date = new Date(Date.UTC(2026, 10, 21, 15, 4, 5, 67));
for (const options of [{}, { dateStyle: 'full', timeStyle: 'long' }, { dateStyle: 'medium' }, { timeStyle: 'short' }, { year: 'numeric', month: 'long', day: 'numeric' },
  { weekday: 'short', hour: 'numeric' }, { hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3, hour12: false }, { month: 'short', year: '2-digit' }, { era: 'long' }]) {
  for (const locale of ['en-US', 'en-GB', 'de', 'fr', 'ja']) console.log(locale, new Intl.DateTimeFormat(locale, { timeZone: 'UTC', ...options }).format(date));
}
for (const timeZone of ['America/New_York', 'Asia/Kolkata', 'Europe/Paris', '+05:30']) console.log(date.toLocaleString('en-US', { timeZone, timeZoneName: 'short' }));
console.log(new Intl.DateTimeFormat('en-US', { timeZone: 'UTC', dateStyle: 'full' }).formatToParts(date));
console.log(String(date), date.toLocaleDateString(), date.toLocaleTimeString());
