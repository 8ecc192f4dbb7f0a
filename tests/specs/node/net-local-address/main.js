// A client that chooses where it comes from.
const net = require('net');
const http = require('http');
const server = net.createServer((socket) => { console.log(socket.remoteAddress); socket.end(); });
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address();
  net.connect({ port, host: '127.0.0.1', localAddress: '127.0.0.2' }).resume().on('close', () => {
    net.connect({ port, host: '127.0.0.1', localAddress: '127.0.0.1', localPort: 0 }).resume().on('close', () => {
      net.connect({ port, host: '127.0.0.1', localAddress: '8.8.8.8' }).on('error', (error) => {
        console.log(error.code, error.syscall);
        server.close();
        const web = http.createServer((req, res) => res.end(req.socket.remoteAddress)).listen(0, '127.0.0.1', () => {
          http.get({ port: web.address().port, host: '127.0.0.1', localAddress: '127.0.0.3', agent: false }, (res) => res.on('data', (chunk) => console.log(`${chunk}`)).on('end', () => web.close()));
        });
      });
    });
  });
});
