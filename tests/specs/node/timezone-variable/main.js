process.env.TZ = 'America/New_York';
console.log(String(new Date(0)), new Date(2026, 6, 1).toISOString(), new Date(2026, 0, 1).getTimezoneOffset());
process.env.TZ = 'Asia/Tokyo';
console.log(String(new Date(0)), new Date(2026, 6, 1).toISOString());
console.log(new Date(0).toLocaleString(), Intl.DateTimeFormat().resolvedOptions().timeZone);
