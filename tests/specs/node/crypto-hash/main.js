const crypto = require('crypto');
for (const name of ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512', 'sha512-256', 'sha3-256', 'sha3-512', 'ripemd160', 'blake2b512', 'blake2s256', 'shake128', 'RSA-SHA256']) {
  console.log(name, crypto.createHash(name).update('hello').digest('hex'));
}
const hash = crypto.createHash('sha256').update('a');
const copy = hash.copy();
console.log(hash.update('b').digest('base64'), copy.update('c').digest('base64url'));
console.log(crypto.createHash('shake256', { outputLength: 8 }).update('x').digest('hex'));
console.log(crypto.createHash('sha1').update('ÿ', 'latin1').update('ff', 'hex').update('/w==', 'base64').digest('latin1').length);
console.log(crypto.createHash('md5').update(new Uint16Array([1, 2])).digest());
console.log(crypto.hash('sha1', 'hello'), crypto.hash('sha256', Buffer.from('x'), 'buffer').length);
console.log(crypto.createHmac('sha256', 'key').update('data').digest('hex'), crypto.createHmac('md5', Buffer.alloc(200)).update('').digest('hex'));
for (const run of [() => crypto.createHash('nope'), () => crypto.createHmac('nope', 'k'), () => hash.update('late'), () => hash.digest(), () => crypto.createHash('sha1').update(5),
  () => crypto.createHash('sha256', { outputLength: 5 }), () => crypto.hash('nope', 'x')]) {
  try { run(); } catch (error) { console.log(error.name, error.code, error.message.split('\n')[0]); }
}
const stream = crypto.createHash('sha1');
stream.on('readable', () => { const data = stream.read(); if (data) console.log('stream', data.toString('hex')); });
stream.write('some data');
stream.end();
