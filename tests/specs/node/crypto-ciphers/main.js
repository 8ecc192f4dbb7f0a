// createCipheriv and createDecipheriv: known texts, tags, states, names.
const c = require('crypto');
const key = Buffer.from('000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f', 'hex');
const text = 'the quick brown fox jumps over the lazy dog';
for (const name of ['aes-128-cbc', 'aes-192-ctr', 'aes-256-cfb', 'aes-256-ofb', 'aes-128-cfb8', 'aes-128-cfb1', 'aes-256-ecb', 'des-ede3-cbc', 'chacha20']) {
  const info = c.getCipherInfo(name);
  const iv = info.ivLength ? Buffer.alloc(info.ivLength, 7) : null;
  const cipher = c.createCipheriv(name, key.subarray(0, info.keyLength), iv);
  const hex = cipher.update(text, 'utf8', 'hex') + cipher.final('hex');
  const back = c.createDecipheriv(name, key.subarray(0, info.keyLength), iv);
  console.log(name, hex, back.update(hex, 'hex', 'utf8') + back.final('utf8') === text);
}
for (const [name, ivLength, tag] of [['aes-128-gcm', 12], ['aes-256-gcm', 16, 12], ['aes-256-gcm', 1, 4], ['aes-128-ocb', 15, 16], ['aes-192-ccm', 7, 8], ['aes-256-ccm', 13, 14], ['chacha20-poly1305', 12, 16]]) {
  const info = c.getCipherInfo(name, { ivLength });
  const options = tag === undefined ? {} : { authTagLength: tag };
  const cipher = c.createCipheriv(name, key.subarray(0, info.keyLength), Buffer.alloc(ivLength, 9), options);
  cipher.setAAD(Buffer.from('header'), { plaintextLength: text.length });
  const hex = cipher.update(text, 'utf8', 'hex') + cipher.final('hex');
  console.log(name, ivLength, hex, cipher.getAuthTag().toString('hex'));
  const open = (mangle) => {
    const decipher = c.createDecipheriv(name, key.subarray(0, info.keyLength), Buffer.alloc(ivLength, 9), options);
    const given = cipher.getAuthTag();
    given[0] ^= mangle;
    decipher.setAuthTag(given).setAAD(Buffer.from('header'), { plaintextLength: text.length });
    return decipher.update(hex, 'hex', 'utf8') + decipher.final('utf8') === text;
  };
  console.log(open(0));
  try { open(1); } catch (error) { console.log(error.message); }
}
console.log(c.getCipherInfo('aes-128-gcm'), c.getCipherInfo(418), c.getCipherInfo('AES256'), c.getCipherInfo('none'), c.getCipherInfo('aes-128-cbc', { keyLength: 12 }));
for (const size of [0, 1, 15, 16, 17, 100]) {
  const cipher = c.createCipheriv('aes-128-cbc', key.subarray(0, 16), Buffer.alloc(16));
  const parts = Array.from({ length: size }, (_, i) => cipher.update(Buffer.from([i])).length);
  console.log(size, parts.join(''), cipher.final().length);
}
const stream = c.createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
let streamed = '';
stream.setEncoding('base64').on('data', (chunk) => { streamed += chunk; }).on('end', () => console.log(streamed));
stream.write('one ');
stream.end('two');
