// Brotli there and back, as one piece and as streams; parameters; broken input.
const zlib = require('zlib');
const { pipeline, Readable } = require('stream');
const data = Buffer.from('hello brotli '.repeat(500));
const packed = zlib.brotliCompressSync(data);
console.log(packed.length < 100, zlib.brotliDecompressSync(packed).equals(data));
for (const quality of [0, 1, 4, 9, 11]) {
  const small = zlib.brotliCompressSync(data, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: quality, [zlib.constants.BROTLI_PARAM_MODE]: zlib.constants.BROTLI_MODE_TEXT } });
  console.log(quality, zlib.brotliDecompressSync(small).equals(data));
}
console.log(zlib.brotliDecompressSync(zlib.brotliCompressSync('')).length, zlib.brotliDecompressSync(Buffer.from('1b1000f88d946ede445586966c206f014f1c601c', 'hex')).toString());
for (const broken of [Buffer.from('ffffffff', 'hex'), packed.subarray(0, 10), Buffer.from('junk')]) {
  try { zlib.brotliDecompressSync(broken); } catch (error) { console.log(error.message, error.code, error.errno); }
}
let text = '';
const encoder = zlib.createBrotliCompress({ chunkSize: 256 });
pipeline(Readable.from(['one ', 'two ', 'three ', 'x'.repeat(100000)]), encoder, zlib.createBrotliDecompress({ chunkSize: 100 }), async (source) => {
  for await (const part of source) text += part;
}, (error) => {
  console.log(error, text.length, text.slice(0, 14));
  const parts = [];
  const flushed = zlib.createBrotliCompress();
  flushed.on('data', (part) => parts.push(part));
  flushed.write('early');
  flushed.flush(() => {
    console.log(zlib.brotliDecompressSync(Buffer.concat(parts), { finishFlush: zlib.constants.BROTLI_OPERATION_FLUSH }).toString());
    zlib.brotliCompress('callback', (failed, bytes) => zlib.brotliDecompress(bytes, (bad, plain) => console.log(failed, bad, String(plain))));
  });
});
