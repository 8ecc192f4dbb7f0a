'use strict';
// node crypto.js: writes ../data/crypto.json
const crypto = require('crypto');
const { random, hex, save } = require('./random.js');
const next = random(7);
const cases = [];
const attempt = (run) => { try { return hex(run()); } catch (error) { return { code: error.code ?? '' }; } };
for (const name of [...crypto.getHashes().filter((n) => !/sm3|md5-sha1/i.test(n)), 'SHA-256', 'Sha512/256', 'sha-1', 'SHA2-384', 'nope']) {
  const data = next.bytes(next(300));
  const key = next.bytes(next(200));
  cases.push({ op: 'hash', name, data: hex(data), out: attempt(() => crypto.createHash(name).update(data).digest()) });
  cases.push({ op: 'hmac', name, key: hex(key), data: hex(data), out: attempt(() => crypto.createHmac(name, key).update(data).digest()) });
  for (const length of [0, 5, 32, 64]) cases.push({ op: 'hash', name, length, data: hex(data), out: attempt(() => crypto.createHash(name, { outputLength: length }).update(data).digest()) });
}
for (const name of ['sha1', 'sha256', 'sha512', 'sha3-256', 'md5']) {
  for (let i = 0; i < 4; i++) {
    const [password, salt, info] = [next.bytes(next(90)), next.bytes(next(40)), next.bytes(next(20))];
    const iterations = 1 + next(20), length = next(100);
    cases.push({ op: 'pbkdf2', name, password: hex(password), salt: hex(salt), iterations, length, out: attempt(() => crypto.pbkdf2Sync(password, salt, iterations, length, name)) });
    const many = next.pick([length, 255 * 16, 255 * 70]);
    cases.push({ op: 'hkdf', name, key: hex(password), salt: hex(salt), info: hex(info), length: many, out: attempt(() => crypto.hkdfSync(name, password, salt, info, many)) });
  }
}
for (const [N, r, p, maxmem] of [[16, 8, 1, 1e6], [2, 1, 1, 1e6], [1024, 8, 2, 32 << 20], [3, 8, 1, 1e6], [1 << 20, 8, 1, 32 << 20], [16, 1, 1, 2000], [16, 1, 1, 2432], [16, 1, 1, 2431]]) {
  cases.push({ op: 'scrypt', N, r, p, maxmem, out: attempt(() => crypto.scryptSync('password', 'NaCl', 40, { N, r, p, maxmem })) });
}
save('crypto', cases);
