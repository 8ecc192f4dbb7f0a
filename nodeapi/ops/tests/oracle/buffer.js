'use strict';
// node buffer.js: writes ../data/buffer.json
const { random, units, hex, save } = require('./random.js');
const next = random(1);
const encodings = ['utf8', 'latin1', 'ascii', 'ucs2', 'hex', 'base64', 'base64url'];
const cases = [];
const strings = ['', 'hello', 'héllo wörld', '€uro', '😀😀', 'a\ud83dz', '\udc00', 'YQ==', 'YQ==YQ==', 'YWI=c', 'Y Q\n==', 'YWJj-_+/', 'abc', 'abcg12',
  '0', '=', '==', 'a=b', 'YWJj====', 'ÿ\u0100\u0141', 'Zm9v.YmFy', 'Zm9vYg', 'Zm9vYg=', '\u0141QQ=', 'YQ\u0141=='];
for (let i = 0; i < 40; i++) {
  let text = '';
  for (let j = next(12); j > 0; j--) text += String.fromCharCode(next.pick([next(128), next(256), next(0x10000), 0xd83d, 0xde00]));
  strings.push(text);
}
for (const text of strings) {
  for (const encoding of encodings) {
    cases.push({ op: 'encode', encoding, text: units(text), out: hex(Buffer.from(text, encoding)) });
    const room = Buffer.alloc(next(10));
    const written = room.write(text, 0, encoding);
    cases.push({ op: 'write', encoding, text: units(text), room: room.length, out: hex(room.subarray(0, written)) });
  }
  cases.push({ op: 'byteLength', text: units(text), out: Buffer.byteLength(text) });
  for (const op of ['atob', 'btoa']) {
    let out;
    try { out = units(globalThis[op](text)); } catch (error) { out = null; }
    cases.push({ op, text: units(text), out });
  }
}
const interesting = [0x61, 0x80, 0xbf, 0xc2, 0xc3, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0xed, 0xa0, 0xff];
for (let i = 0; i < 60; i++) {
  const bytes = next.bytes(next(14), i % 2 ? interesting : undefined);
  for (const encoding of encodings) cases.push({ op: 'slice', encoding, bytes: hex(bytes), out: units(bytes.toString(encoding)) });
}
for (let i = 0; i < 300; i++) {
  const encoding = next.pick(['utf8', 'latin1', 'ucs2', 'hex', 'base64']);
  const hay = next.bytes(next(20), [0x61, 0x62, 0]);
  const needle = next.pick(['', 'a', 'ab', 'ba', 'aba', '\0', 'b\0', '6162', '61', 'YWI=']);
  const offset = next(50) - 25;
  cases.push({ op: 'indexOf', encoding, bytes: hex(hay), text: units(needle), offset, out: hay.indexOf(needle, offset, encoding) });
  cases.push({ op: 'lastIndexOf', encoding, bytes: hex(hay), text: units(needle), offset, out: hay.lastIndexOf(needle, offset, encoding) });
  const value = next.pick([0x61, 0x62, 0, 0x7a, 0x161]);
  cases.push({ op: 'indexOfNumber', bytes: hex(hay), value, offset, out: hay.indexOf(value, offset) });
  cases.push({ op: 'lastIndexOfNumber', bytes: hex(hay), value, offset, out: hay.lastIndexOf(value, offset) });
}
save('buffer', cases);
