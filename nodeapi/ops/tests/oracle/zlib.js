'use strict';
// node zlib.js: writes ../data/zlib.json
const zlib = require('zlib');
const { random, hex, save } = require('./random.js');
const next = random(8);
const cases = [];
const modes = { deflate: ['inflate', 2], gzip: ['gunzip', 4], deflateRaw: ['inflateRaw', 6] };
const plain = () => next.pick([Buffer.from(''), Buffer.from('hello hello hello hello'), next.bytes(next(200)), Buffer.alloc(5000, 'abc'), next.bytes(3000, [97, 98])]);
const record = (mode, packed, options, run) => {
  let out, error = null;
  try { out = hex(run()); } catch (thrown) { out = null; error = { message: thrown.message, errno: thrown.errno, code: thrown.code }; }
  cases.push({ mode, packed: hex(packed), windowBits: options.windowBits ?? 15, dictionary: options.dictionary ? hex(options.dictionary) : '', finish: options.finishFlush ?? 4, out, error });
};
for (const [packer, [unpacker, mode]] of Object.entries(modes)) {
  for (let i = 0; i < 25; i++) {
    const dictionary = packer !== 'gzip' && next(4) === 0 ? Buffer.from('hello abcabc') : undefined;
    const data = plain();
    const packed = zlib[`${packer}Sync`](data, { level: next(11) - 1, windowBits: 9 + next(7), memLevel: 1 + next(9), strategy: next(5), dictionary });
    const options = { dictionary: next(8) ? dictionary : next.pick([undefined, Buffer.from('wrong')]) };
    const damage = next(4);
    let input = packed;
    if (damage === 0) input = packed.subarray(0, next(packed.length));
    if (damage === 1) { input = Buffer.from(packed); input[next(input.length)] ^= 1 << next(8); }
    record(mode, input, options, () => zlib[`${unpacker}Sync`](input, options));
    if (packer !== 'deflateRaw') record(7, input, options, () => zlib.unzipSync(input, options));
    if (damage === 0) record(mode, input, { ...options, finishFlush: 2 }, () => zlib[`${unpacker}Sync`](input, { ...options, finishFlush: zlib.constants.Z_SYNC_FLUSH }));
  }
}
const two = Buffer.concat([zlib.gzipSync('one '), zlib.gzipSync('two'), Buffer.alloc(5)]);
record(4, two, {}, () => zlib.gunzipSync(two));
record(7, two, {}, () => zlib.unzipSync(two));
const garbage = Buffer.concat([zlib.gzipSync('one'), Buffer.from('junk')]);
record(4, garbage, {}, () => zlib.gunzipSync(garbage));
for (let i = 0; i < 10; i++) {
  const data = next.bytes(next(50)), value = next(2 ** 31);
  cases.push({ mode: 0, data: hex(data), value, out: zlib.crc32(data, value) });
}
save('zlib', cases);
