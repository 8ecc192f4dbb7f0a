// DiffieHellman, its groups, ECDH.
const c = require('crypto');
for (const name of ['modp1', 'modp2', 'modp5', 'modp14', 'modp15', 'modp16', 'modp17', 'modp18']) {
  const group = c.getDiffieHellman(name);
  console.log(name, c.createHash('sha256').update(group.getPrime()).digest('hex'), group.getGenerator('hex'), group.verifyError);
}
const [a, b] = [c.getDiffieHellman('modp14'), c.getDiffieHellman('modp14')];
a.generateKeys();
b.generateKeys();
console.log(a.computeSecret(b.getPublicKey()).equals(b.computeSecret(a.getPublicKey())), a.getPublicKey().length > 200);
const own = c.createDiffieHellman(a.getPrime(), a.getGenerator());
own.setPrivateKey('0123456789abcdef', 'hex');
console.log(own.generateKeys('hex').slice(0, 40), own.computeSecret(Buffer.from([5]), 'hex').toString('hex').slice(0, 40));
console.log(c.createDiffieHellman(Buffer.from([23]), 5).verifyError, c.createDiffieHellman('ff', 'hex', 3).verifyError);
for (const curve of ['prime256v1', 'secp384r1', 'secp521r1', 'secp256k1']) {
  const [left, right] = [c.createECDH(curve), c.createECDH(curve)];
  left.setPrivateKey(Buffer.alloc(curve === 'secp521r1' ? 66 : curve === 'secp384r1' ? 48 : 32, 1).fill(0, 0, 1));
  right.generateKeys();
  console.log(curve, left.getPublicKey('hex', 'compressed'), left.getPublicKey('hex', 'hybrid').length, left.computeSecret(right.getPublicKey()).equals(right.computeSecret(left.getPublicKey('base64'), 'base64')));
  console.log(c.ECDH.convertKey(left.getPublicKey(null, 'compressed'), curve, null, 'hex', 'uncompressed') === left.getPublicKey('hex'));
}
for (const run of [() => c.createECDH('nonsense'), () => c.createECDH('prime256v1').getPublicKey(), () => c.createECDH('prime256v1').setPrivateKey(Buffer.alloc(32)), () => { const e = c.createECDH('prime256v1'); e.generateKeys(); e.computeSecret(Buffer.alloc(65)); }, () => c.getDiffieHellman('nonsense'), () => c.createDiffieHellman(1), () => c.getDiffieHellman('modp1').getPublicKey(), () => a.computeSecret(Buffer.from([1])), () => a.computeSecret(a.getPrime())]) {
  try { run(); console.log('no error'); } catch (error) { console.log(error.name, error.code, error.message); }
}
