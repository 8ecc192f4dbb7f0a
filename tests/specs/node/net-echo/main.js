// Sockets by themselves: addresses, half-open ends, counters, order of events.
const net = require('net');
const events = [];
const server = net.createServer({ allowHalfOpen: true }, (socket) => {
  let text = '';
  socket.setEncoding('utf8');
  socket.on('data', (data) => { text += data; });
  socket.on('end', () => { events.push('server end'); socket.end(text.toUpperCase()); });
  socket.on('close', (failed) => events.push(`server close ${failed}`));
});
server.listen(0, '127.0.0.1', () => {
  const { port, address, family } = server.address();
  console.log(address, family, typeof port);
  const socket = net.connect({ port, host: '127.0.0.1' });
  console.log(socket.connecting, socket.readyState);
  socket.on('connect', () => {
    console.log(socket.remoteAddress, socket.remoteFamily, socket.remotePort === port, socket.localAddress, socket.readyState);
    socket.write('hello ');
    socket.end('wörld');
  });
  socket.on('data', (data) => events.push(`data ${data}`));
  socket.on('end', () => events.push('client end'));
  socket.on('close', () => {
    events.push(`client close ${socket.bytesRead} ${socket.bytesWritten}`);
    server.close(() => console.log(events));
  });
});
