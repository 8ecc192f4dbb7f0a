// Every codec there and back; headers; levels; options that are refused.
const zlib = require('zlib');
const data = Buffer.from('hello hello hello hello '.repeat(50));
for (const [pack, unpack] of [['deflateSync', 'inflateSync'], ['gzipSync', 'gunzipSync'], ['deflateRawSync', 'inflateRawSync'], ['gzipSync', 'unzipSync'], ['deflateSync', 'unzipSync']]) {
  const packed = zlib[pack](data);
  console.log(pack, unpack, packed.length < 80, zlib[unpack](packed).equals(data));
}
console.log(zlib.gzipSync('').toString('hex'), zlib.deflateSync('').toString('hex'), zlib.deflateRawSync('').toString('hex'));
console.log(zlib.inflateSync(Buffer.from('789c4b4c4a06000 24d0127'.replace(' ', ''), 'hex')).toString());
for (let level = -1; level <= 9; level++) process.stdout.write(`${zlib.inflateSync(zlib.deflateSync(data, { level })).equals(data)} `);
console.log();
const dictionary = Buffer.from('hello ');
console.log(zlib.inflateSync(zlib.deflateSync(data, { dictionary }), { dictionary }).equals(data));
for (const run of [
  () => zlib.inflateSync(Buffer.from('not zlib')), () => zlib.gunzipSync(zlib.gzipSync(data).subarray(0, 20)), () => zlib.inflateSync(zlib.deflateSync(data, { dictionary })),
  () => zlib.deflateSync('x', { level: 99 }), () => zlib.deflateSync(5), () => zlib.inflateSync(zlib.deflateSync(data), { maxOutputLength: 10 }),
  () => zlib.gunzipSync(Buffer.concat([zlib.gzipSync('a'), Buffer.from('junk')])),
]) {
  try { console.log(run()); } catch (error) { console.log(error.name, error.code, error.errno, error.message); }
}
console.log(zlib.crc32('hello'), zlib.crc32(Buffer.from('world'), zlib.crc32('hello ')));
console.log(zlib.gunzipSync(Buffer.concat([zlib.gzipSync('one '), zlib.gzipSync('two')])).toString());
