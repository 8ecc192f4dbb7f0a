// Web Crypto with keys: generate, import, export, wrap, sign, encrypt, derive.
const { subtle } = globalThis.crypto;
const hex = (buffer) => Buffer.from(buffer).toString('hex');
const data = new TextEncoder().encode('some data for Web Crypto');
async function main() {
  for (const algorithm of [{ name: 'RSASSA-PKCS1-v1_5', modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' }, { name: 'RSA-PSS', modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-1' }, { name: 'ECDSA', namedCurve: 'P-256' }, { name: 'ECDSA', namedCurve: 'P-521' }, { name: 'Ed25519' }]) {
    const { publicKey, privateKey } = await subtle.generateKey(algorithm, true, ['sign', 'verify']);
    const how = { name: algorithm.name, hash: 'SHA-512', saltLength: 16 };
    const signature = await subtle.sign(how, privateKey, data);
    console.log(publicKey, privateKey.usages, await subtle.verify(how, publicKey, signature, data), await subtle.verify(how, publicKey, signature, data.slice(1)));
    for (const [format, key, usages] of [['spki', publicKey, ['verify']], ['pkcs8', privateKey, ['sign']], ['jwk', privateKey, ['sign']], ['jwk', publicKey, ['verify']]]) {
      const again = await subtle.importKey(format, await subtle.exportKey(format, key), algorithm, true, usages);
      console.log(format, again.type, again.usages);
    }
  }
  for (const [name, length, params] of [['AES-GCM', 128, { iv: new Uint8Array(12), additionalData: data }], ['AES-GCM', 256, { iv: new Uint8Array(16), tagLength: 96 }], ['AES-CBC', 192, { iv: new Uint8Array(16) }], ['AES-CTR', 256, { counter: new Uint8Array(16).fill(255), length: 8 }]]) {
    const key = await subtle.importKey('raw', new Uint8Array(length / 8).fill(5), name, true, ['encrypt', 'decrypt']);
    const sealed = await subtle.encrypt({ name, ...params }, key, data);
    console.log(name, length, hex(sealed), hex(await subtle.decrypt({ name, ...params }, key, sealed)) === hex(data));
    await subtle.decrypt({ name, ...params }, key, new Uint8Array(3)).then((out) => console.log(out.byteLength), (error) => console.log(error.name, error.message, error.cause?.message));
  }
  const oaep = await subtle.generateKey({ name: 'RSA-OAEP', modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-1' }, true, ['encrypt', 'decrypt', 'wrapKey', 'unwrapKey']);
  console.log(hex(await subtle.decrypt('RSA-OAEP', oaep.privateKey, await subtle.encrypt('RSA-OAEP', oaep.publicKey, data))) === hex(data));
  const kw = await subtle.importKey('raw', new Uint8Array(16).fill(1), 'AES-KW', true, ['wrapKey', 'unwrapKey']);
  const inner = await subtle.importKey('raw', new Uint8Array(32).fill(2), { name: 'HMAC', hash: 'SHA-256' }, true, ['sign']);
  const wrapped = await subtle.wrapKey('raw', inner, kw, 'AES-KW');
  console.log(hex(wrapped), hex(await subtle.exportKey('raw', await subtle.unwrapKey('raw', wrapped, kw, 'AES-KW', { name: 'HMAC', hash: 'SHA-256' }, true, ['sign']))));
  for (const algorithm of [{ name: 'ECDH', namedCurve: 'P-384' }, { name: 'X25519' }]) {
    const [a, b] = await Promise.all([1, 2].map(() => subtle.generateKey(algorithm, true, ['deriveBits', 'deriveKey'])));
    const left = await subtle.deriveBits({ name: algorithm.name, public: b.publicKey }, a.privateKey, 256);
    const right = await subtle.deriveBits({ name: algorithm.name, public: a.publicKey }, b.privateKey, 256);
    const key = await subtle.deriveKey({ name: algorithm.name, public: b.publicKey }, a.privateKey, { name: 'AES-GCM', length: 128 }, true, ['encrypt']);
    console.log(algorithm.name, hex(left) === hex(right), key.algorithm);
  }
  const base = await subtle.importKey('raw', data, 'PBKDF2', false, ['deriveKey']);
  console.log((await subtle.deriveKey({ name: 'PBKDF2', hash: 'SHA-256', salt: data, iterations: 10 }, base, { name: 'HMAC', hash: 'SHA-256', length: 128 }, true, ['sign'])).algorithm);
  for (const run of [() => subtle.generateKey({ name: 'AES-GCM', length: 100 }, true, ['encrypt']), () => subtle.generateKey('Nonsense', true, []), () => subtle.importKey('raw', new Uint8Array(5), 'AES-CBC', true, ['encrypt']), () => subtle.exportKey('raw', base), () => subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-999' }, true, ['sign']), () => subtle.sign('Ed25519', kw, data)]) {
    await run().then(() => console.log('no error'), (error) => console.log(error.name, error.message));
  }
}
main();
