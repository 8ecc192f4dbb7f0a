// KeyObject: what it says of itself, formats in and out, comparison, generation.
const c = require('crypto');
const secret = c.createSecretKey(Buffer.from('a secret'));
console.log(secret.type, secret.symmetricKeySize, secret.export().toString(), secret.export({ format: 'jwk' }), secret.equals(c.createSecretKey('a secret', 'utf8')));
for (const [type, options] of [['rsa', { modulusLength: 512 }], ['rsa', { modulusLength: 1024, publicExponent: 3 }], ['rsa-pss', { modulusLength: 512, hashAlgorithm: 'sha256', saltLength: 16 }], ['ec', { namedCurve: 'P-256' }], ['ec', { namedCurve: 'secp256k1' }], ['ed25519'], ['x25519'], ['ed448'], ['x448'], ['dh', { group: 'modp14' }]]) {
  const { publicKey, privateKey } = c.generateKeyPairSync(type, options);
  console.log(publicKey.type, privateKey.type, publicKey.asymmetricKeyType, publicKey.asymmetricKeyDetails, privateKey.equals(privateKey), publicKey.equals(c.createPublicKey(privateKey)));
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  console.log(c.createPublicKey({ key: spki, type: 'spki', format: 'der' }).equals(publicKey), Math.abs(spki.length - spki.length) === 0);
  for (const cipher of ['aes-128-cbc', 'aes-256-cbc', 'des-ede3-cbc']) {
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem', cipher, passphrase: 'top' });
    console.log(pem.split('\n')[0], c.createPrivateKey({ key: pem, passphrase: 'top' }).equals(privateKey));
  }
}
const made = c.generateKeyPairSync('rsa', { modulusLength: 512, publicKeyEncoding: { type: 'pkcs1', format: 'pem' }, privateKeyEncoding: { type: 'pkcs1', format: 'pem', cipher: 'aes-128-cbc', passphrase: 'x' } });
console.log(made.publicKey.split('\n')[0], made.privateKey.split('\n').slice(0, 2), made.privateKey.split('\n')[2].split(',')[0]);
const jwk = { kty: 'OKP', crv: 'Ed25519', d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' };
const ed = c.createPrivateKey({ key: jwk, format: 'jwk' });
console.log(ed.export({ format: 'jwk' }), ed.export({ type: 'pkcs8', format: 'pem' }), c.sign(null, Buffer.alloc(0), ed).toString('hex'));
console.log(c.createPublicKey(ed).export({ type: 'spki', format: 'pem' }), c.createPublicKey(ed).export({ format: 'raw-public' }).toString('hex'));
const ec = c.createPrivateKey({ key: { kty: 'EC', crv: 'P-256', x: 'gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0', y: 'SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps', d: '0_NxaRPUMQoAJt50Gz8YiTr8gRTwyEaCumd-MToTmIo' }, format: 'jwk' });
console.log(ec.export({ type: 'sec1', format: 'pem' }), ec.export({ type: 'pkcs8', format: 'der' }).toString('base64'));
for (const type of ['compressed', 'uncompressed']) console.log(c.createPublicKey(ec).export({ format: 'raw-public', type }).toString('hex'));
c.generateKeyPair('ec', { namedCurve: 'P-384' }, (error, publicKey, privateKey) => {
  console.log(error, publicKey.asymmetricKeyDetails, c.verify('sha384', 'x', publicKey, c.sign('sha384', 'x', privateKey)));
});
c.generateKey('hmac', { length: 64 }, (error, key) => console.log(error, key.symmetricKeySize, c.generateKeySync('aes', { length: 192 }).symmetricKeySize));
