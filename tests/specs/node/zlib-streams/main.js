// As streams: pipelines, flush, callbacks, promises, errors in the middle.
const zlib = require('zlib');
const { pipeline, Readable } = require('stream');
const { promisify } = require('util');
const chunks = Array.from({ length: 200 }, (_, i) => `line ${i} ${'x'.repeat(i)}\n`);
let text = '';
pipeline(Readable.from(chunks), zlib.createGzip({ chunkSize: 1024 }), zlib.createGunzip({ chunkSize: 64 }), async (source) => {
  for await (const part of source) text += part;
}, (error) => console.log('pipeline', error, text === chunks.join('')));
const deflate = zlib.createDeflate();
const parts = [];
deflate.on('data', (data) => parts.push(data));
deflate.write('first ');
deflate.flush(() => {
  console.log('flushed', zlib.inflateSync(Buffer.concat(parts), { finishFlush: zlib.constants.Z_SYNC_FLUSH }).toString());
  deflate.end('second', () => {});
});
deflate.on('end', () => console.log('whole', zlib.inflateSync(Buffer.concat(parts)).toString(), deflate.bytesWritten));
zlib.gzip('callback', (error, packed) => zlib.gunzip(packed, (e, plain) => console.log(error, e, String(plain))));
promisify(zlib.inflate)(Buffer.from('broken')).catch((error) => console.log('rejected', error.code, error.message));
zlib.createInflate().on('error', (error) => console.log('stream error', error.code)).end(Buffer.from([1, 2, 3]));
