// What computes on bytes: prints a JSON object of milliseconds, the best of five each. Run by `cargo xtask bench compute`.
'use strict';
const crypto = require('node:crypto');
const zlib = require('node:zlib');
const { DatabaseSync } = require('node:sqlite');

const RUNS = 5;
const results = {};

function measure(name, run) {
  run();
  let best = Infinity;
  for (let count = 0; count < RUNS; count++) {
    const start = process.hrtime.bigint();
    run();
    best = Math.min(best, Number(process.hrtime.bigint() - start) / 1e6);
  }
  results[name] = best;
}

const bytes = Buffer.alloc(4 << 20, 'some bytes that repeat, but not too soon: 0123456789');
const lines = Array.from({ length: 60_000 }, (_, i) => `line ${i} of a text with words ${(i * 7919) % 1000} and more\n`);
const text = Buffer.from(lines.join(''));

for (const name of ['sha256', 'sha512', 'sha1', 'md5']) {
  measure(`${name}, 4 MB`, () => crypto.createHash(name).update(bytes).digest());
}
measure('1,000 × sha256 of 3 bytes', () => {
  for (let i = 0; i < 1000; i++) crypto.createHash('sha256').update('abc').digest('hex');
});
measure('pbkdf2, sha256, 20,000 rounds', () => crypto.pbkdf2Sync('password', 'salt', 20_000, 32, 'sha256'));
measure('pbkdf2, sha512, 20,000 rounds', () => crypto.pbkdf2Sync('password', 'salt', 20_000, 64, 'sha512'));
measure('scrypt, Node\'s defaults', () => crypto.scryptSync('password', 'salt', 64));

const key = Buffer.alloc(32, 1);
const iv = Buffer.alloc(16, 2);
const plain = bytes.subarray(0, 1 << 20);
for (const [name, nonce] of [['aes-256-cbc', iv], ['aes-256-ctr', iv], ['aes-256-gcm', iv.subarray(0, 12)]]) {
  measure(`${name}, 1 MB`, () => {
    const cipher = crypto.createCipheriv(name, key, nonce);
    cipher.update(plain);
    cipher.final();
  });
}
const zipped = zlib.gzipSync(text);
const brotli = { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 5 } };
const squeezed = zlib.brotliCompressSync(text, brotli);
const packed = zlib.zstdCompressSync(text);
measure('gzip, 3 MB of text', () => zlib.gzipSync(text));
measure('gunzip', () => zlib.gunzipSync(zipped));
measure('brotli, quality 5', () => zlib.brotliCompressSync(text, brotli));
measure('brotli, back', () => zlib.brotliDecompressSync(squeezed));
measure('zstd', () => zlib.zstdCompressSync(text));
measure('zstd, back', () => zlib.zstdDecompressSync(packed));

const db = new DatabaseSync(':memory:');
db.exec('create table words (id integer primary key, word text, n integer)');
const insert = db.prepare('insert into words (word, n) values (?, ?)');
measure('SQLite: 10,000 rows inserted', () => {
  db.exec('begin');
  for (let i = 0; i < 10_000; i++) insert.run(`word ${i}`, i % 97);
  db.exec('commit');
});
const select = db.prepare('select id, word, n from words limit 10000');
measure('SQLite: 10,000 rows read', () => select.all());
const group = db.prepare('select n, count(*) as count, max(word) as last from words group by n order by count desc');
measure('SQLite: grouped and sorted', () => group.all());

console.log(JSON.stringify(results));
