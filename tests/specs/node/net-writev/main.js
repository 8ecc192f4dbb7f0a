// Corked writes and every encoding arrive as one stream of bytes.
const net = require('net');
const server = net.createServer((socket) => {
  const chunks = [];
  socket.on('data', (data) => chunks.push(data)).on('end', () => {
    console.log(Buffer.concat(chunks).toString('hex'));
    server.close();
  });
}).listen(0, () => {
  const socket = net.connect(server.address().port, () => {
    socket.cork();
    socket.write('é', 'latin1');
    socket.write('é', 'utf8');
    socket.write('é', 'utf16le');
    socket.write('c3a9', 'hex');
    socket.write('w6k=', 'base64');
    socket.write(Buffer.from([1, 2, 3]));
    socket.write(new Uint8Array([4, 5]));
    process.nextTick(() => { socket.uncork(); socket.end('é', 'ascii'); });
  });
});
