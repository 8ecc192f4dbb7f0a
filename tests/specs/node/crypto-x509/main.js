// X509Certificate and SPKAC.
const { X509Certificate, Certificate, createPublicKey, createPrivateKey } = require('crypto');
const fs = require('fs');
const read = (name) => fs.readFileSync(`${__dirname}/${name}`);
const [leaf, ca] = [new X509Certificate(read('leaf.pem')), new X509Certificate(read('ca.pem'))];
for (const certificate of [leaf, ca]) {
  console.log(certificate);
  console.log(certificate.ca, certificate.raw.length, certificate.publicKey.asymmetricKeyType, certificate.publicKey.asymmetricKeyDetails, certificate.toString().split('\n').length);
}
console.log(leaf.checkIssued(ca), ca.checkIssued(ca), ca.checkIssued(leaf), leaf.verify(ca.publicKey), leaf.verify(leaf.publicKey));
console.log(leaf.checkPrivateKey(createPrivateKey(read('leaf.key'))), leaf.checkPrivateKey(createPrivateKey(read('ca.key'))));
for (const host of ['example.com', 'www.example.com', 'a.b.example.com', 'EXAMPLE.com', 'example.org', '.example.com', 'f1.test.example', 'leaf']) console.log(host, leaf.checkHost(host), leaf.checkHost(host, { wildcards: false }), leaf.checkHost(host, { subject: 'always' }));
console.log(leaf.checkIP('127.0.0.1'), leaf.checkIP('::1'), leaf.checkIP('10.0.0.1'), leaf.checkEmail('me@example.com'), leaf.checkEmail('me@EXAMPLE.com'), leaf.checkEmail('you@example.com'));
console.log(createPublicKey(read('leaf.pem')).equals(leaf.publicKey), new X509Certificate(leaf.raw).fingerprint256 === leaf.fingerprint256, JSON.stringify(leaf) === JSON.stringify(leaf.toString()));
const spkac = read('key.spkac');
console.log(Certificate.verifySpkac(spkac), Certificate.exportChallenge(spkac).toString(), Certificate.exportPublicKey(spkac).toString());
console.log(Certificate.verifySpkac('nonsense'), Certificate.exportChallenge('nonsense'));
