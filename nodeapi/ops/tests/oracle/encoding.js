'use strict';
// node encoding.js: writes ../data/encoding.json
const { random, units, hex, save } = require('./random.js');
const next = random(3);
const cases = [];
for (const label of ['utf-8', 'utf-16le', 'utf-16be', 'latin1', 'windows-1252', 'shift_jis', 'gbk', 'euc-kr', 'koi8-r', 'nonsense', 'UTF8', ' unicode-1-1-utf-8 ']) {
  for (let i = 0; i < 12; i++) {
    const options = { fatal: next(3) === 0, ignoreBOM: next(2) === 0 };
    // ICU and the Encoding Standard part ways on malformed input of the legacy multi-byte encodings; we follow the standard there.
    const legacy = { shift_jis: '82a082', gbk: 'c4e361', 'euc-kr': 'b0a161' }[label]?.slice(0, next(2) ? 4 : 0);
    const bytes = legacy !== undefined ? Buffer.from(legacy + '6162', 'hex') : next.pick([next.bytes(next(12)), Buffer.from('\ufeffhé€😀'), Buffer.from('\ufeffhi', 'utf16le'), Buffer.from('plain')]);
    let out, encoding = null;
    try {
      const decoder = new TextDecoder(label, options);
      encoding = decoder.encoding;
      out = units(decoder.decode(bytes));
    } catch (error) { out = null; }
    cases.push({ op: 'decode', label, ...options, bytes: hex(bytes), encoding, out });
  }
}
for (let i = 0; i < 60; i++) {
  let text = '';
  for (let j = next(10); j > 0; j--) text += String.fromCharCode(next.pick([next(128), next(0x10000), 0xd83d, 0xde00]));
  const room = new Uint8Array(next(16));
  const { read, written } = new TextEncoder().encodeInto(text, room);
  cases.push({ op: 'encodeInto', text: units(text), room: room.length, read, out: hex(room.subarray(0, written)) });
}
save('encoding', cases);
