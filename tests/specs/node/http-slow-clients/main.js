// Clients that take their time with a head or a body are sent away, and so is what is too large.
const http = require('http');
const net = require('net');
const run = (name, options, text, withListener) => new Promise((done) => {
  let failure;
  const server = http.createServer({ connectionsCheckingInterval: 20, keepAliveTimeout: 0, ...options }, (req, res) => {
    req.on('error', (error) => { failure = error.code; });
    req.resume().on('end', () => res.end('ok'));
  });
  if (withListener) {
    server.on('clientError', (error, socket) => {
      console.log(name, error.code, error.message, error.reason, error.bytesParsed, error.rawPacket?.length);
      socket.destroy();
    });
  }
  server.listen(0, '127.0.0.1', () => {
    const client = net.connect(server.address().port, '127.0.0.1', () => client.write(text));
    let answer = '';
    client.on('data', (chunk) => { answer += chunk; });
    client.on('error', () => {});
    client.on('close', () => {
      console.log(name, JSON.stringify(answer.replace(/Date: .*?\r\n/, '')));
      server.close(() => {
        if (failure !== undefined) console.log(name, 'request', failure);
        done();
      });
    });
  });
});
const times = { headersTimeout: 60, requestTimeout: 120 };
(async () => {
  for (const withListener of [false, true]) {
    await run('nothing', times, '', withListener);
    await run('half a head', times, 'GET / HTTP/1.1\r\nhost: x\r\n', withListener);
    await run('half a body', times, 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nabc', withListener);
    await run('a large field', {}, `GET / HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(20000)}\r\n\r\n`, withListener);
    await run('a field above the own limit', { maxHeaderSize: 100 }, `GET / HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(200)}\r\n\r\n`, withListener);
    await run('a long target', {}, `GET /${'y'.repeat(20000)} HTTP/1.1\r\nhost: x\r\n\r\n`, withListener);
    await run('a long chunk extension', {}, `POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n5;${'y'.repeat(20000)}\r\nhello\r\n0\r\n\r\n`, withListener);
    await run('many fields', {}, `GET / HTTP/1.1\r\nhost: x\r\n${'a:\r\n'.repeat(1200)}connection: close\r\n\r\n`, withListener);
  }
})();
