// An unreferenced server does not keep the process alive.
const net = require('net');
const server = net.createServer(() => {}).listen(0, () => {
  console.log('listening', server.listening);
  server.unref();
});
process.on('exit', (code) => console.log('exit', code));
