const { createSecretKey, createHmac, generateKeySync, KeyObject } = require('crypto');
const key = createSecretKey('c2VjcmV0', 'base64');
console.log(key.type, key.symmetricKeySize, key.export(), key.export({ format: 'jwk' }), key instanceof KeyObject);
console.log(createHmac('sha1', key).update('x').digest('hex'), key.equals(createSecretKey(Buffer.from('secret'))), key.equals(createSecretKey('other', 'utf8')));
console.log(generateKeySync('hmac', { length: 256 }).symmetricKeySize);
console.log(key);
