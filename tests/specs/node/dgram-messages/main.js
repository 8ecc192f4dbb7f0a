// UDP: messages both ways, connected sockets, sizes, options, errors.
const dgram = require('dgram');
const { once } = require('events');
(async () => {
  const server = dgram.createSocket('udp4');
  server.on('message', (message, from) => {
    console.log('server', String(message).slice(0, 20), message.length, from.address, from.family, from.size);
    server.send(`echo ${message.length}`, from.port, from.address);
  });
  server.bind(0, '127.0.0.1');
  await once(server, 'listening');
  const { port, address, family } = server.address();
  console.log(address, family, typeof port);
  const client = dgram.createSocket('udp4');
  for (const message of ['hello', Buffer.alloc(0), ['a', Buffer.from('b'), 'c'], Buffer.alloc(9000, 'x')]) {
    client.send(message, port, '127.0.0.1', (error, bytes) => console.log('sent', error, bytes));
    const [answer] = await once(client, 'message');
    console.log(String(answer));
  }
  client.send(Buffer.from('offset'), 2, 3, port, 'localhost');
  console.log(String((await once(client, 'message'))[0]));
  client.connect(port);
  await once(client, 'connect');
  console.log(client.remoteAddress().port === port);
  client.send('connected');
  console.log(String((await once(client, 'message'))[0]));
  client.disconnect();
  try { client.remoteAddress(); } catch (error) { console.log(error.code); }
  client.setBroadcast(true);
  console.log(client.setTTL(16), client.getSendQueueSize(), client.getRecvBufferSize() > 0);
  for (const bad of [() => client.setTTL(1000), () => client.send('x', 0), () => client.send({}, 1), () => dgram.createSocket('udp5')]) {
    try { bad(); } catch (error) { console.log(error.code, error.message.split('\n')[0]); }
  }
  const large = await new Promise((resolve) => client.send(Buffer.alloc(70000), port, '127.0.0.1', resolve));
  console.log(large.code, large.syscall);
  const other = dgram.createSocket('udp4');
  other.bind(port, '127.0.0.1');
  const [error] = await once(other, 'error');
  console.log(error.code, error.syscall);
  const six = dgram.createSocket('udp6', (message, from) => { console.log(String(message), from.family, from.address); six.close(); });
  six.bind(0, '::1', () => six.send('six', six.address().port, '::1'));
  await once(six, 'close');
  client.close();
  server.close(() => console.log('closed'));
})();
