// A reader that pauses holds the writer back; nothing is lost.
const net = require('net');
const total = 3 * 1024 * 1024;
const server = net.createServer((socket) => {
  let sent = 0;
  let held = 0;
  (function more() {
    while (sent < total) {
      sent += 65536;
      if (!socket.write(Buffer.alloc(65536, sent >> 16))) { held += 1; return void socket.once('drain', more); }
    }
    socket.end(() => console.log('sent', sent, 'held back', held > 0));
  })();
});
server.listen(0, () => {
  const socket = net.connect(server.address().port);
  let got = 0;
  let sum = 0;
  socket.on('data', (data) => {
    got += data.length;
    sum = (sum + data[0] + data[data.length - 1]) | 0;
    if (got % 5 === 0) { socket.pause(); setImmediate(() => socket.resume()); }
  });
  socket.on('end', () => { console.log('got', got); server.close(); });
});
