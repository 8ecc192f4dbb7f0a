const net = require('net');
const server = net.createServer((socket) => { socket.on('data', (data) => socket.end(String(data).toUpperCase())); });
server.listen('/tmp/spec.sock', () => {
  console.log(server.address());
  const client = net.connect('/tmp/spec.sock', () => client.write('over a path'));
  client.on('data', (data) => console.log(String(data))).on('close', () => server.close(() => console.log('closed', require('fs').existsSync('/tmp/spec.sock'))));
});
net.connect('/tmp/no.sock').on('error', (error) => console.log(error.code, error.address));
