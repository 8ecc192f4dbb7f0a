const crypto = require('crypto');
console.log(crypto.randomBytes(16).length, crypto.randomBytes(200000).length, crypto.randomBytes(8).equals(crypto.randomBytes(8)));
console.log(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(crypto.randomUUID()), crypto.randomUUID() === crypto.randomUUID());
const n = crypto.randomInt(10, 20);
console.log(n >= 10 && n < 20, crypto.randomFillSync(new Uint32Array(4)).some((x) => x !== 0));
crypto.randomBytes(4, (error, bytes) => console.log(error, bytes.length));
crypto.randomInt(3, (error, value) => console.log(error, value >= 0 && value < 3));
console.log(crypto.getRandomValues(new Uint8Array(5)).length, crypto.webcrypto.getRandomValues(new Uint8Array(3)).length);
crypto.randomFill(Buffer.alloc(6), 2, 3, (error, buffer) => console.log(error, buffer[0], buffer[1], buffer[5]));
