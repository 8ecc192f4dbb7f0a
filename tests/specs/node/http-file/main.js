// Files in and out of a server by streams.
const http = require('http');
const fs = require('fs');
const { pipeline } = require('stream/promises');
const size = 200000;
fs.writeFileSync('big.bin', Buffer.alloc(size, 'abc'));
const server = http.createServer(async (req, res) => {
  if (req.method === 'PUT') {
    await pipeline(req, fs.createWriteStream('copy.bin'));
    return void res.end(String(fs.statSync('copy.bin').size));
  }
  const [, from, to] = /bytes=(\d+)-(\d+)/.exec(req.headers.range ?? '') ?? [];
  res.writeHead(from ? 206 : 200);
  fs.createReadStream('big.bin', from ? { start: +from, end: +to } : {}).pipe(res);
});
server.listen(0, async () => {
  const { port } = server.address();
  const put = http.request({ port, method: 'PUT', agent: false });
  fs.createReadStream('big.bin').pipe(put);
  put.on('response', (res) => res.on('data', (data) => console.log('stored', String(data))).on('end', () => {
    console.log(fs.readFileSync('copy.bin').equals(fs.readFileSync('big.bin')));
    http.get({ port, headers: { Range: 'bytes=1-7' }, agent: false }, (part) => {
      part.on('data', (data) => console.log(part.statusCode, String(data)));
      part.on('end', () => server.close());
    });
  }));
});
