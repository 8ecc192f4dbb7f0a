// What crypto-interop/main.js checks, and how from-node.json was made: `node make.js > from-node.json` with the real Node.
const c = require('crypto');
const data = Buffer.from('some data to be signed and encrypted, a bit longer than a block or two');
const b = (x) => Buffer.from(x).toString('base64');
const u = (x) => Buffer.from(x, 'base64');
const kinds = [
  ['rsa', { modulusLength: 1024 }], ['rsa-pss', { modulusLength: 1024 }],
  ['rsa-pss', { modulusLength: 1024, hashAlgorithm: 'sha256', mgf1HashAlgorithm: 'sha1', saltLength: 10 }],
  ['ec', { namedCurve: 'P-256' }], ['ec', { namedCurve: 'P-384' }], ['ec', { namedCurve: 'P-521' }], ['ec', { namedCurve: 'secp256k1' }],
  ['ec', { namedCurve: 'P-256', paramEncoding: 'explicit' }], ['ed25519', {}], ['ed448', {}], ['x25519', {}], ['x448', {}],
  ['dh', { group: 'modp5' }], ['dsa', { modulusLength: 1024, divisorLength: 160 }],
];
const ciphers = [];
for (const bits of [128, 192, 256]) {
  for (const mode of ['cbc', 'ccm', 'cfb', 'cfb1', 'cfb8', 'ctr', 'ecb', 'gcm', 'ocb', 'ofb']) ciphers.push(`aes-${bits}-${mode}`);
  ciphers.push(`id-aes${bits}-wrap`, `id-aes${bits}-wrap-pad`);
}
ciphers.push('aes-128-xts', 'aes-256-xts', 'chacha20', 'chacha20-poly1305');
for (const mode of ['', '-cbc', '-cfb', '-ofb']) ciphers.push(`des-ede${mode}`, `des-ede3${mode}`);
ciphers.push('des-ede3-cfb1', 'des-ede3-cfb8');

function cipherOf(name, opens) {
  const info = c.getCipherInfo(name);
  const key = Buffer.from(Array.from({ length: info.keyLength }, (_, k) => (k * 7 + 1) & 255));
  let iv = info.ivLength ? Buffer.alloc(info.ivLength, 3) : null;
  if (/wrap-pad/.test(name)) iv = Buffer.from('a65959a6', 'hex');
  else if (/wrap/.test(name)) iv = Buffer.alloc(8, 0xa6);
  const options = /gcm|ccm|ocb|poly/i.test(name) ? { authTagLength: 16 } : {};
  return c[opens ? 'createDecipheriv' : 'createCipheriv'](name, key, iv, options);
}
const textFor = (name) => (/wrap/.test(name) ? data.subarray(0, 32) : data);
function addAad(cipher, name) {
  if (/gcm|ocb|poly/i.test(name)) cipher.setAAD(Buffer.from('aad aad aad aad aad'));
  if (/ccm/i.test(name)) cipher.setAAD(Buffer.from('aad aad'), { plaintextLength: textFor(name).length });
}
function crypted(cipher, name, bytes) {
  const cuts = /wrap|ccm|xts/i.test(name) ? [bytes] : [bytes.subarray(0, 7), bytes.subarray(7, 50), bytes.subarray(50)];
  return Buffer.concat([...cuts.map((cut) => cipher.update(cut)), cipher.final()]);
}
const details = (key) => JSON.stringify(key.asymmetricKeyDetails, (_, value) => (typeof value === 'bigint' ? `${value}` : value));
const short = data.subarray(0, 30);

function makeKey([type, options]) {
  const { privateKey, publicKey } = c.generateKeyPairSync(type, options);
  const r = { type, options, details: details(privateKey) };
  r.spki = publicKey.export({ type: 'spki', format: 'pem' });
  r.pkcs8 = privateKey.export({ type: 'pkcs8', format: 'pem' });
  r.sealed = privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'pw' });
  if (type === 'rsa') {
    r.pkcs1 = privateKey.export({ type: 'pkcs1', format: 'pem' });
    r.pkcs1Sealed = privateKey.export({ type: 'pkcs1', format: 'pem', cipher: 'des-ede3-cbc', passphrase: 'pw' });
    r.oaep = b(c.publicEncrypt(publicKey, short));
    r.oaepLabel = b(c.publicEncrypt({ key: publicKey, oaepHash: 'sha256', oaepLabel: Buffer.from('label') }, short));
    r.type2 = b(c.publicEncrypt({ key: publicKey, padding: 1 }, short));
    r.type1 = b(c.privateEncrypt(privateKey, short));
  }
  if (type === 'ec') r.sec1 = privateKey.export({ type: 'sec1', format: 'pem' });
  if (/^(rsa|ec|ed25519|ed448)$/.test(type) && !options.paramEncoding) r.jwk = privateKey.export({ format: 'jwk' });
  if (/rsa|ec|dsa/.test(type)) {
    r.signature = b(c.createSign('sha256').update(data).sign(privateKey));
    r.other = b(c.sign('sha256', data, type === 'rsa' ? { key: privateKey, padding: 6, saltLength: 20 } : { key: privateKey, dsaEncoding: 'ieee-p1363' }));
  }
  if (/^ed/.test(type)) r.signature = b(c.sign(null, data, privateKey));
  if (/^x|^dh/.test(type)) {
    const peer = c.generateKeyPairSync(type, options);
    r.peer = peer.publicKey.export({ type: 'spki', format: 'pem' });
    r.secret = b(c.diffieHellman({ privateKey, publicKey: peer.publicKey }));
  }
  return r;
}

exports.make = function make() {
  const out = { keys: kinds.map(makeKey), ciphers: {} };
  for (const name of ciphers) {
    const cipher = cipherOf(name, false);
    addAad(cipher, name);
    out.ciphers[name] = [b(crypted(cipher, name, textFor(name))), /gcm|ccm|ocb|poly/i.test(name) ? b(cipher.getAuthTag()) : ''];
  }
  return out;
};

function checkKey(r, is) {
  const publicKey = c.createPublicKey(r.spki);
  const privateKey = c.createPrivateKey(r.pkcs8);
  is('spki', publicKey.export({ type: 'spki', format: 'pem' }) === r.spki);
  is('pkcs8', privateKey.export({ type: 'pkcs8', format: 'pem' }) === r.pkcs8);
  is('sealed', c.createPrivateKey({ key: r.sealed, passphrase: 'pw' }).equals(privateKey));
  is('details', details(privateKey) === r.details);
  is('derived', c.createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }) === r.spki);
  if (r.pkcs1) {
    is('pkcs1', c.createPrivateKey(r.pkcs1).export({ type: 'pkcs1', format: 'pem' }) === r.pkcs1);
    is('pkcs1 sealed', c.createPrivateKey({ key: r.pkcs1Sealed, passphrase: 'pw' }).equals(privateKey));
    is('oaep', c.privateDecrypt(privateKey, u(r.oaep)).equals(short));
    is('oaep label', c.privateDecrypt({ key: privateKey, oaepHash: 'sha256', oaepLabel: Buffer.from('label') }, u(r.oaepLabel)).equals(short));
    is('type 2', c.privateDecrypt({ key: privateKey, padding: 1 }, u(r.type2)).equals(short));
    is('type 1', c.publicDecrypt(publicKey, u(r.type1)).equals(short));
  }
  if (r.sec1) is('sec1', c.createPrivateKey(r.sec1).export({ type: 'sec1', format: 'pem' }) === r.sec1);
  if (r.jwk) {
    is('jwk', c.createPrivateKey({ key: r.jwk, format: 'jwk' }).equals(privateKey));
    is('jwk text', JSON.stringify(privateKey.export({ format: 'jwk' })) === JSON.stringify(r.jwk));
  }
  if (r.other) {
    is('signature', c.createVerify('sha256').update(data).verify(publicKey, u(r.signature)));
    is('other signature', c.verify('sha256', data, r.type === 'rsa' ? { key: publicKey, padding: 6, saltLength: 20 } : { key: publicKey, dsaEncoding: 'ieee-p1363' }, u(r.other)));
    is('other data', !c.createVerify('sha256').update('x').verify(publicKey, u(r.signature)));
  } else if (r.signature) {
    is('signature', c.verify(null, data, publicKey, u(r.signature)));
    is('other data', !c.verify(null, data.subarray(1), publicKey, u(r.signature)));
  }
  if (r.peer) is('secret', b(c.diffieHellman({ privateKey, publicKey: c.createPublicKey(r.peer) })) === r.secret);
}

exports.check = function check(given) {
  let count = 0;
  const wrong = [];
  for (const r of given.keys) {
    const name = `${r.type} ${JSON.stringify(r.options)}`;
    checkKey(r, (what, holds) => {
      count += 1;
      if (!holds) wrong.push(`${name}: ${what}`);
    });
  }
  for (const [name, [text, tag]] of Object.entries(given.ciphers)) {
    const cipher = cipherOf(name, true);
    if (tag) cipher.setAuthTag(u(tag));
    addAad(cipher, name);
    count += 1;
    if (!crypted(cipher, name, u(text)).equals(textFor(name))) wrong.push(name);
  }
  return { count, wrong };
};

if (require.main === module) console.log(JSON.stringify(exports.make()));
