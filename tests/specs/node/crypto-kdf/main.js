const crypto = require('crypto');
console.log(crypto.pbkdf2Sync('password', 'salt', 1000, 32, 'sha512').toString('hex'));
console.log(crypto.scryptSync('password', 'salt', 32, { N: 1024 }).toString('hex'));
console.log(Buffer.from(crypto.hkdfSync('sha256', 'key', 'salt', 'info', 42)).toString('hex'));
crypto.pbkdf2('password', 'salt', 1, 20, 'sha1', (error, key) => {
  console.log('pbkdf2', error, key.toString('hex'));
  crypto.scrypt('password', 'salt', 16, (failed, long) => {
    console.log('scrypt', failed, long.toString('hex'));
    crypto.hkdf('sha512', 'key', 'salt', 'info', 10, (bad, bytes) => console.log('hkdf', bad, bytes));
  });
});
for (const run of [() => crypto.pbkdf2Sync('p', 's', 0, 1, 'sha1'), () => crypto.pbkdf2Sync('p', 's', 1, 1, 'nope'), () => crypto.scryptSync('p', 's', 1, { N: 3 }),
  () => crypto.scryptSync('p', 's', 1, { N: 2 ** 20 }), () => crypto.hkdfSync('sha1', 'k', 's', 'i', 6000), () => crypto.timingSafeEqual(Buffer.from('a'), Buffer.from('ab'))]) {
  try { run(); } catch (error) { console.log(error.name, error.code, error.message.split('\n')[0]); }
}
console.log(crypto.timingSafeEqual(Buffer.from('same'), Buffer.from('same')), crypto.timingSafeEqual(Buffer.from('same'), Buffer.from('sbme')));
