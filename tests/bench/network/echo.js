// Megabytes a second that come back from a TCP echo on the loopback. Prints the number.
const net = require('net');
const BYTES = 256 << 20;
const server = net.createServer((socket) => socket.pipe(socket)).listen(0, () => {
  const socket = net.connect(server.address().port);
  const chunk = Buffer.alloc(1 << 16, 'x');
  let sent = 0;
  let back = 0;
  const start = performance.now();
  const send = () => {
    while (sent < BYTES) {
      sent += chunk.length;
      if (!socket.write(chunk)) return socket.once('drain', send);
    }
  };
  socket.on('data', (data) => {
    back += data.length;
    if (back < BYTES) return;
    console.log(BYTES / 1e6 / ((performance.now() - start) / 1000));
    socket.destroy();
    server.close();
  });
  send();
});
