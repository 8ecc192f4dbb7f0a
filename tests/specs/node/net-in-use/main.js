// The message for a port in use, and for an address that is not ours.
const net = require('net');
const first = net.createServer().listen(0, () => {
  const { port } = first.address();
  const second = net.createServer();
  second.on('error', (error) => {
    console.log(error.message.replace(port, 'PORT'), error.code, error.errno, error.syscall, error.address, error.port === port);
    const third = net.createServer();
    third.on('error', (e) => {
      console.log(e.message.replace(port, 'PORT'), e.address);
      first.close();
    });
    third.listen(port, '127.0.0.1');
  });
  second.listen(port);
});
