'use strict';
// node string_decoder.js: writes ../data/string_decoder.json
const { StringDecoder } = require('string_decoder');
const { random, units, hex, save } = require('./random.js');
const next = random(2);
const cases = [];
const alphabets = {
  utf8: [0x61, 0xc3, 0xa9, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80, 0xed, 0xa0, 0xff, 0xf4, 0x90],
  utf16le: [0x61, 0x00, 0xd8, 0x3d, 0xdc, 0xde],
  base64: undefined, base64url: undefined, hex: undefined, latin1: undefined, ascii: undefined,
};
for (const encoding of Object.keys(alphabets)) {
  for (let i = 0; i < (alphabets[encoding] ? 120 : 15); i++) {
    const decoder = new StringDecoder(encoding);
    const steps = [];
    for (let j = next(8) + 1; j > 0; j--) {
      const chunk = next.bytes(next(6), alphabets[encoding]);
      const out = decoder.write(chunk);
      steps.push({ chunk: hex(chunk), out: units(out), need: decoder.lastNeed, total: decoder.lastTotal });
    }
    cases.push({ encoding, steps, end: units(decoder.end()) });
  }
}
save('string_decoder', cases);
