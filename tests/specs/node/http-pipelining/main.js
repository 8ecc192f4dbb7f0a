// Several requests in one write are answered in order.
const http = require('http');
const net = require('net');
const server = http.createServer((req, res) => {
  setTimeout(() => res.end(req.url), req.url === '/slow' ? 20 : 0);
});
server.listen(0, () => {
  const socket = net.connect(server.address().port);
  socket.write('GET /slow HTTP/1.1\r\nHost: a\r\n\r\nGET /fast HTTP/1.1\r\nHost: a\r\n\r\nGET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  let text = '';
  socket.on('data', (data) => { text += data; });
  socket.on('end', () => {
    console.log(text.replace(/Date: .*/g, 'Date: -').split('\r\n'));
    server.close();
  });
});
