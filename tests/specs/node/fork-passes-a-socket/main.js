const { fork } = require('child_process');
const net = require('net');
if (process.argv[2] === 'child') process.on('message', (_, socket) => { socket.end('written by the child'); process.disconnect(); });
else {
  const child = fork(__filename, ['child']);
  const server = net.createServer({ pauseOnConnect: true }, (socket) => { child.send('socket', socket); server.close(); });
  server.listen(0, () => { net.connect(server.address().port).on('data', (data) => console.log(String(data))).on('end', () => console.log('end')); });
}
