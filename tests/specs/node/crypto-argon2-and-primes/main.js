// Argon2, primes, and what is asked of the whole module.
const c = require('crypto');
for (const kind of ['argon2d', 'argon2i', 'argon2id']) {
  console.log(kind, c.argon2Sync(kind, { message: 'password', nonce: Buffer.alloc(16, 2), parallelism: 4, tagLength: 32, memory: 32, passes: 3, secret: Buffer.alloc(8, 3), associatedData: Buffer.alloc(12, 4) }).toString('hex'));
}
c.argon2('argon2id', { message: 'x', nonce: 'a salt of its own', parallelism: 1, tagLength: 16, memory: 64, passes: 2 }, (error, tag) => console.log(error, tag.toString('hex')));
for (const n of [0n, 1n, 2n, 3n, 4n, 17n, 25n, 561n, 7919n, 2n ** 61n - 1n, 2n ** 67n - 1n, 2n ** 127n - 1n, 2n ** 521n - 1n]) console.log(n < 1000n ? n : n.toString(16).length, c.checkPrimeSync(n));
for (const [bits, options] of [[3, { safe: true }], [32, {}], [64, { safe: true }], [128, { add: 30n, rem: 7n }], [256, {}]]) {
  const prime = c.generatePrimeSync(bits, { ...options, bigint: true });
  console.log(bits, c.checkPrimeSync(prime), prime.toString(2).length, !options.safe || c.checkPrimeSync((prime - 1n) / 2n), !options.add || prime % 30n);
}
c.generatePrime(48, (error, prime) => console.log(error, prime.byteLength));
const { publicKey, privateKey } = c.generateKeyPairSync('dsa', { modulusLength: 1024, divisorLength: 160 });
console.log(publicKey.asymmetricKeyDetails, c.verify('sha1', 'x', publicKey, c.sign('sha1', 'x', privateKey)));
console.log(c.getFips(), c.timingSafeEqual(Buffer.from('a'), Buffer.from('a')), c.secureHeapUsed().total);
console.log(['aes-256-gcm', 'chacha20-poly1305', 'id-aes128-wrap'].map((name) => c.getCiphers().includes(name)), c.getCurves().includes('secp521r1'), c.getHashes().includes('sha3-256'));
