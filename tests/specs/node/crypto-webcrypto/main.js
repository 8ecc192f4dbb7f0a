const { subtle } = globalThis.crypto;
(async () => {
  for (const name of ['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512']) {
    console.log(name, Buffer.from(await subtle.digest(name, new TextEncoder().encode('hello'))).toString('hex'));
  }
  const key = await subtle.importKey('raw', Buffer.from('secret'), { name: 'HMAC', hash: 'SHA-256' }, true, ['sign', 'verify']);
  const mac = await subtle.sign('HMAC', key, Buffer.from('data'));
  console.log(Buffer.from(mac).toString('hex'), await subtle.verify('HMAC', key, mac, Buffer.from('data')), await subtle.verify('HMAC', key, mac, Buffer.from('date')));
  console.log(key.type, key.extractable, key.algorithm, key.usages, await subtle.exportKey('jwk', key));
  const password = await subtle.importKey('raw', Buffer.from('pw'), 'PBKDF2', false, ['deriveBits']);
  console.log(Buffer.from(await subtle.deriveBits({ name: 'PBKDF2', salt: Buffer.from('s'), iterations: 10, hash: 'SHA-256' }, password, 128)).toString('hex'));
  await subtle.digest('MD5', Buffer.alloc(0)).catch((error) => console.log(error.name, error.message));
})();
