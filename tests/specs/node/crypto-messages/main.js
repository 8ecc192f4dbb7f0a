// Keys and certificates in messages: to another thread, and within one.
'use strict';
const { createSecretKey, createPrivateKey, createPublicKey, KeyObject, sign, verify } = require('node:crypto');
const { Worker, isMainThread, parentPort } = require('node:worker_threads');
const { subtle } = globalThis.crypto;

// RFC 8032, section 7.1, test 1.
const jwk = {
  kty: 'OKP', crv: 'Ed25519', d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
};

function told(key) {
  const inner = key instanceof KeyObject ? key : KeyObject.from(key);
  const value = inner.type === 'secret' ? inner.export().toString('hex') : inner.export({ format: 'jwk' });
  return [key.constructor.name, inner.type, inner.asymmetricKeyType, key.algorithm, key.usages, key.extractable, value];
}

if (isMainThread) {
  (async () => {
    const privateKey = createPrivateKey({ key: jwk, format: 'jwk' });
    const cryptoKey = await subtle.importKey('raw', Buffer.alloc(16, 7), { name: 'AES-GCM' }, true, ['encrypt', 'decrypt']);
    const keys = { secret: createSecretKey(Buffer.from('some secret')), privateKey, publicKey: createPublicKey(privateKey), cryptoKey };
    const worker = new Worker(__filename);
    worker.postMessage(keys);
    worker.once('message', ({ lines, signature, back }) => {
      for (const line of lines) console.log(line);
      console.log(verify(null, Buffer.from('text'), keys.publicKey, signature));
      console.log(back.privateKey.equals(keys.privateKey), back.secret.equals(keys.secret), back.publicKey.equals(keys.publicKey));
    });
    const { port1, port2 } = new MessageChannel();
    port1.on('message', (key) => {
      console.log('within', key instanceof KeyObject, key.equals(keys.secret));
      port1.close();
    });
    port2.postMessage(keys.secret);
  })();
} else {
  parentPort.once('message', (keys) => {
    const lines = Object.entries(keys).map(([name, key]) => JSON.stringify([name, ...told(key)]));
    parentPort.postMessage({ lines, signature: sign(null, Buffer.from('text'), keys.privateKey), back: keys });
  });
}
