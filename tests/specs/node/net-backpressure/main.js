// A reader that does not read holds the writer back; nothing is lost.
const net = require('net');
let sent = 0;
let client;
const server = net.createServer((socket) => {
  const chunk = Buffer.alloc(65536, 'x');
  while (socket.write(chunk)) sent += chunk.length;
  sent += chunk.length;
  console.log('held back', socket.writableNeedDrain, socket.writableLength >= socket.writableHighWaterMark);
  socket.once('drain', () => {
    console.log('drained', socket.writableLength);
    sent += chunk.length;
    socket.end(chunk);
  });
  client.on('data', (data) => {
    got += data.length;
    client.pause();
    setImmediate(() => client.resume());
  });
});
let got = 0;
server.listen(0, () => {
  client = net.connect(server.address().port);
  client.on('end', () => {
    console.log('all there', got === sent);
    server.close();
  });
});
