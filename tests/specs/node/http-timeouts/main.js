// A head that does not come in time is answered with 408; idle keep-alive connections are closed.
const http = require('http');
const net = require('net');
const server = http.createServer({ headersTimeout: 60, requestTimeout: 60, connectionsCheckingInterval: 20, keepAliveTimeout: 30 }, (req, res) => res.end('ok'));
server.listen(0, () => {
  const slow = net.connect(server.address().port);
  slow.write('GET / HTTP/1.1\r\nHost: a\r\nX-Partial: ');
  let text = '';
  slow.on('data', (data) => { text += data; });
  slow.on('close', () => {
    console.log(text.split('\r\n'));
    const idle = net.connect(server.address().port);
    idle.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    idle.on('data', () => {});
    idle.on('close', () => { console.log('idle connection closed'); server.close(() => console.log('closed')); });
  });
});
