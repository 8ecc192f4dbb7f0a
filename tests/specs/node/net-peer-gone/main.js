// Writes to a connection whose other end has gone are errors of the stream; they never end the process.
const net = require('net');

const server = net.createServer((socket) => {
  let gone = false;
  socket.on('error', () => { gone = true; });
  socket.on('close', () => { gone = true; });
  const write = () => {
    if (gone) {
      console.log('the server runs on');
      server.close(() => console.log('closed'));
      return;
    }
    for (let i = 0; i < 20; i += 1) socket.write('x'.repeat(1000));
    setImmediate(write);
  };
  write();
});
server.listen(0, '127.0.0.1', () => {
  const client = net.connect(server.address().port, '127.0.0.1');
  client.once('data', () => client.destroy());
});
