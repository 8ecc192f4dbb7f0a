// A protocol change: the server answers 101 and both sides go on with raw bytes.
const http = require('http');
const server = http.createServer((req, res) => res.end('plain'));
server.on('upgrade', (req, socket, head) => {
  console.log('upgrade', req.headers.upgrade, head.toString());
  socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\nfirst;');
  socket.on('data', (data) => socket.write(`echo ${data};`));
  socket.on('end', () => socket.end());
});
server.listen(0, () => {
  const req = http.request({ port: server.address().port, headers: { Connection: 'Upgrade', Upgrade: 'echo' } });
  req.on('upgrade', (res, socket, head) => {
    console.log(res.statusCode, res.headers.upgrade);
    let text = head.toString();
    socket.on('data', (data) => {
      text += data;
      if (text.includes('echo hi;')) socket.end();
    });
    socket.on('close', () => { console.log(text); server.close(); });
    socket.write('hi');
  });
  req.end();
});
