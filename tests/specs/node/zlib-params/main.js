// Another level in the middle of a stream.
const zlib = require('zlib');
const params = zlib.createDeflate({ level: 1 });
const out = [];
params.on('data', (data) => out.push(data)).on('end', () => console.log('params', zlib.inflateSync(Buffer.concat(out)).length));
params.write('a'.repeat(1000), () => params.params(9, zlib.constants.Z_DEFAULT_STRATEGY, (error) => { console.log('set', error); params.end('b'.repeat(1000)); }));
