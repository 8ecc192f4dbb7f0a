// What is refused, in OpenSSL's words and with Node's codes.
const c = require('crypto');
const attempt = (label, run) => {
  try {
    console.log(label, '->', run());
  } catch (error) {
    console.log(label, error.name, error.message, error.code, error.library, error.reason);
  }
};
const k = Buffer.alloc(16);
attempt('key length', () => c.createCipheriv('aes-128-cbc', k.subarray(1), k));
attempt('iv length', () => c.createCipheriv('aes-128-cbc', k, k.subarray(1)));
attempt('no iv', () => c.createCipheriv('aes-128-cbc', k, null));
attempt('name', () => c.createCipheriv('nonsense', k, k));
attempt('after the end', () => { const x = c.createCipheriv('aes-128-cbc', k, k); x.final(); x.update('a'); });
attempt('twice', () => { const x = c.createCipheriv('aes-128-cbc', k, k); x.final(); x.final(); });
attempt('no padding', () => { const x = c.createCipheriv('aes-128-cbc', k, k); x.setAutoPadding(false); x.update('abc'); x.final(); });
attempt('bad padding', () => { const x = c.createDecipheriv('aes-128-cbc', k, k); x.update(Buffer.alloc(16)); x.final(); });
attempt('short', () => { const x = c.createDecipheriv('aes-128-cbc', k, k); x.update(Buffer.alloc(15)); x.final(); });
attempt('no tag', () => { const x = c.createDecipheriv('aes-128-gcm', k, k); x.update('a'); x.final(); });
attempt('tag length', () => c.createDecipheriv('aes-128-gcm', k, k, { authTagLength: 3 }));
attempt('tag length needed', () => c.createDecipheriv('aes-128-ccm', k, k.subarray(4)));
attempt('length needed', () => c.createCipheriv('aes-128-ccm', k, k.subarray(4), { authTagLength: 16 }).setAAD(k));
attempt('tag too soon', () => c.createCipheriv('aes-128-gcm', k, k).getAuthTag());
attempt('no pem', () => c.createPrivateKey('abc'));
attempt('no public pem', () => c.createPublicKey('abc'));
attempt('no der', () => c.createPrivateKey({ key: Buffer.from('abc'), format: 'der', type: 'pkcs8' }));
const { privateKey, publicKey } = c.generateKeyPairSync('rsa', { modulusLength: 1024 });
const sealed = privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-128-cbc', passphrase: 'x' });
attempt('no passphrase', () => c.createPrivateKey(sealed));
attempt('cipher for keys', () => privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'nonsense', passphrase: 'x' }));
attempt('too long', () => c.publicEncrypt(publicKey, Buffer.alloc(200)));
attempt('whole blocks', () => c.publicEncrypt({ key: publicKey, padding: 3 }, Buffer.alloc(20)));
attempt('oaep', () => c.privateDecrypt(privateKey, Buffer.alloc(128)));
attempt('oaep hash', () => c.publicEncrypt({ key: publicKey, oaepHash: 'nonsense' }, k));
attempt('padding', () => c.publicEncrypt({ key: publicKey, padding: 77 }, k));
attempt('digest', () => c.createSign('nonsense'));
attempt('salt', () => c.sign('sha512', k, { key: privateKey, padding: 6, saltLength: 100 }));
attempt('scheme', () => c.sign('sha256', k, { key: privateKey, padding: 4 }));
const ed = c.generateKeyPairSync('ed25519');
attempt('ed25519 with a digest', () => c.sign('sha256', k, ed.privateKey));
attempt('ed25519 in parts', () => c.createSign('sha256').update('a').sign(ed.privateKey));
attempt('ed25519 encrypts', () => c.publicEncrypt(ed.publicKey, k));
const x = c.generateKeyPairSync('x25519');
attempt('x25519 signs', () => c.sign(null, k, x.privateKey));
attempt('ed25519 agrees', () => c.diffieHellman({ privateKey: ed.privateKey, publicKey: ed.publicKey }));
attempt('curve', () => c.generateKeyPairSync('ec', { namedCurve: 'nonsense' }));
attempt('two curves', () => c.diffieHellman({ privateKey: c.generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey, publicKey: c.generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey }));
attempt('modulus', () => c.generateKeyPairSync('rsa', { modulusLength: 256 }));
attempt('exponent', () => c.generateKeyPairSync('rsa', { modulusLength: 512, publicExponent: 4 }));
attempt('jwk', () => c.createPublicKey({ format: 'jwk', key: { kty: 'nonsense' } }));
attempt('jwk rsa', () => c.createPublicKey({ format: 'jwk', key: { kty: 'RSA', n: '!!' } }));
attempt('jwk ec', () => c.createPublicKey({ format: 'jwk', key: { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' } }));
attempt('jwk private', () => c.createPrivateKey({ format: 'jwk', key: { kty: 'RSA', n: 'AQAB', e: 'AQAB' } }));
attempt('public as private', () => c.sign('sha1', k, publicKey));
attempt('certificate', () => new c.X509Certificate('abc'));
attempt('engine', () => c.setEngine('nonsense'));
