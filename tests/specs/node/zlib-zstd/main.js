// zstd: in one piece and as streams, parameters, dictionaries, broken input.
const zlib = require('zlib');
const { constants } = zlib;
const { pipeline, Readable } = require('stream');
const data = Buffer.from('hello zstd '.repeat(1000));
console.log(zlib.zstdCompressSync('abc').toString('hex'), zlib.zstdDecompressSync(zlib.zstdCompressSync(data)).equals(data));
for (const level of [-5, 1, 3, 9, 19]) {
  const packed = zlib.zstdCompressSync(data, { params: { [constants.ZSTD_c_compressionLevel]: level, [constants.ZSTD_c_checksumFlag]: 1 } });
  console.log(level, packed.length < 200, zlib.zstdDecompressSync(packed).equals(data));
}
const dictionary = Buffer.from('hello zstd hello zstd');
const small = zlib.zstdCompressSync('hello zstd once', { dictionary });
console.log(zlib.zstdDecompressSync(small, { dictionary }).toString());
for (const run of [() => zlib.zstdDecompressSync(Buffer.from('abcd')), () => zlib.zstdDecompressSync(zlib.zstdCompressSync(data).subarray(0, 20)), () => zlib.zstdDecompressSync(Buffer.alloc(0)), () => zlib.zstdCompressSync('a', { params: { 999: 1 } }), () => zlib.zstdCompressSync('a', { params: { [constants.ZSTD_c_windowLog]: 99 } }), () => zlib.zstdCompressSync('abc', { pledgedSrcSize: 5 }), () => zlib.zstdDecompressSync(zlib.zstdCompressSync(data), { maxOutputLength: 10 })]) {
  try { console.log(run()); } catch (error) { console.log(error.name, error.code, error.errno, error.message); }
}
zlib.zstdCompress(data, (error, packed) => zlib.zstdDecompress(packed, (failed, back) => console.log(error, failed, back.equals(data))));
const parts = [];
pipeline(Readable.from([data.subarray(0, 5), data.subarray(5, 6000), data.subarray(6000)]), zlib.createZstdCompress(), zlib.createZstdDecompress(), (error) => {
  console.log(error, Buffer.concat(parts).equals(data));
}).on('data', (chunk) => parts.push(chunk));
const flushing = zlib.createZstdCompress();
flushing.once('data', (chunk) => console.log('flushed', chunk.length > 0));
flushing.write('a part');
flushing.flush(() => flushing.end());
