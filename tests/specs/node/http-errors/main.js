// Malformed requests, refused connections, aborted ones.
const http = require('http');
const net = require('net');
const server = http.createServer((req, res) => res.end('ok'));
server.on('clientError', (error, socket) => {
  console.log('clientError', error.code, error.reason ?? error.message, error.bytesParsed);
  socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
});
const raw = (text) => new Promise((resolve) => {
  const socket = net.connect(server.address().port, () => socket.write(text));
  let answer = '';
  socket.on('data', (data) => { answer += data; });
  socket.on('close', () => resolve(answer.split('\r\n')[0]));
});
server.listen(0, async () => {
  for (const text of [
    'NOT HTTP\r\n\r\n', 'GET / HTTP/9.9\r\n\r\n', 'GET / HTTP/1.1\r\nBad Header\r\n\r\n',
    'POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    `GET / HTTP/1.1\r\nX: ${'a'.repeat(20000)}\r\n\r\n`,
    'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
  ]) console.log(await raw(text));
  console.log(await raw('GET / HTTP/1.1\r\nConnection: close\r\n\r\n'));
  console.log(await raw('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'));
  server.close(() => {
    http.get({ host: '127.0.0.1', port: 1 }).on('error', (error) => console.log(error.code, error.syscall, error.message));
  });
});
