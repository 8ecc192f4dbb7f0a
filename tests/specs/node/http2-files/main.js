// Files as responses of HTTP/2, padding on the way, and headers that nobody may keep.
const fs = require('fs');
const http2 = require('http2');
const assert = require('assert');
const body = Buffer.alloc(300000, (i) => 0).map((_, i) => i % 251);
fs.writeFileSync('file.bin', body);
const { PADDING_STRATEGY_NONE, PADDING_STRATEGY_ALIGNED, PADDING_STRATEGY_MAX } = http2.constants;
const ask = (client, path) => new Promise((resolve) => {
  const req = client.request({ ':path': path });
  const chunks = [];
  let head;
  req.on('response', (headers) => { head = headers; });
  req.on('data', (chunk) => chunks.push(chunk));
  req.on('error', (error) => console.log(path, error.code, error.message));
  req.on('close', () => resolve([head, Buffer.concat(chunks)]));
  req.end();
});
const round = (paddingStrategy) => new Promise((done) => {
  const server = http2.createServer({ paddingStrategy });
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {});
    const head = { ':status': 200, 'content-type': 'x/y' };
    switch (headers[':path']) {
      case '/whole': return stream.respondWithFile('file.bin', head);
      case '/part': return stream.respondWithFile('file.bin', head, { offset: 1000, length: 70000 });
      case '/fd': {
        const fd = fs.openSync('file.bin');
        stream.on('close', () => fs.closeSync(fd));
        return stream.respondWithFD(fd, head, { statCheck: (stat, h) => { h['last-size'] = stat.size; } });
      }
      case '/trailers': stream.on('wantTrailers', () => stream.sendTrailers({ t: 'r' })); return stream.respondWithFile('file.bin', head, { waitForTrailers: true });
      case '/none': return stream.respondWithFile('none.bin', head, { onError: (error) => { stream.respond({ ':status': 404 }); stream.end(error.code); } });
      case '/secret': stream.respond({ ...head, token: 'abc', cookie: 'short', plain: 'x', [http2.sensitiveHeaders]: ['token'] }); return stream.end();
      default: stream.respond(head); stream.end('small');
    }
  });
  server.listen(0, '127.0.0.1', async () => {
    const client = http2.connect(`http://127.0.0.1:${server.address().port}`, { paddingStrategy });
    for (const path of ['/whole', '/part', '/fd', '/trailers', '/none', '/small', '/secret']) {
      const [head, got] = await ask(client, path);
      const start = path === '/part' ? 1000 : 0;
      const same = got.length < 100 ? got.toString() : got.equals(body.subarray(start, start + got.length));
      console.log(path, head[':status'], head['content-length'], head['last-size'], got.length, same, head[http2.sensitiveHeaders]);
    }
    client.close();
    server.close(done);
  });
});
(async () => {
  for (const strategy of [PADDING_STRATEGY_NONE, PADDING_STRATEGY_ALIGNED, PADDING_STRATEGY_MAX]) await round(strategy);
})();
