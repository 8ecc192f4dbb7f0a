// A body much larger than any socket buffer, with backpressure, both ways.
const http = require('http');
const crypto = require('crypto');
const chunk = Buffer.alloc(64 * 1024);
for (let i = 0; i < chunk.length; i++) chunk[i] = (i * 7) & 255;
const hashOf = (stream) => new Promise((resolve) => {
  const hash = crypto.createHash('sha256');
  let size = 0;
  stream.on('data', (data) => { size += data.length; hash.update(data); }).on('end', () => resolve([size, hash.digest('hex')]));
});
function write(stream, count) {
  let left = count;
  (function more() {
    while (left > 0) {
      left -= 1;
      if (!stream.write(chunk)) return void stream.once('drain', more);
    }
    stream.end();
  })();
}
const server = http.createServer(async (req, res) => {
  console.log('server got', ...await hashOf(req));
  write(res, 40);
});
server.listen(0, () => {
  const req = http.request({ port: server.address().port, method: 'POST' }, async (res) => {
    console.log('client got', ...await hashOf(res));
    server.close();
  });
  write(req, 48);
});
