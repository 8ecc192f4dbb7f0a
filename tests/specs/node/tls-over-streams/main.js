// TLS over streams of scripts instead of sockets, over a connection that is TLS already, and after a clear beginning (STARTTLS).
const fs = require('fs');
const net = require('net');
const tls = require('tls');
const { duplexPair } = require('stream');
const read = (name) => fs.readFileSync(`${__dirname}/keys/${name}`);
const own = { key: read('server.key'), cert: read('server.pem') };
const ca = read('ca.pem');
const big = Buffer.alloc(200000, 'z');

const talk = (name, client, server) => new Promise((resolve) => {
  server.on('data', (chunk) => server.write(chunk));
  server.on('end', () => server.end());
  client.on('secureConnect', () => console.log(name, client.getProtocol(), client.authorized));
  client.on('error', (error) => console.log(name, error.code));
  let got = 0;
  client.on('data', (chunk) => {
    got += chunk.length;
    if (got === 5 + big.length) client.end();
  });
  client.on('end', () => console.log(name, 'end', got));
  client.on('close', resolve);
  client.write('hello');
  client.write(big);
});

const overPair = async () => {
  const [one, two] = duplexPair();
  const server = new tls.TLSSocket(two, { isServer: true, secureContext: tls.createSecureContext(own) });
  await talk('pair', tls.connect({ socket: one, servername: 'localhost', ca }), server);
};

const overTls = () => new Promise((done) => {
  const outer = tls.createServer(own, (socket) => {
    const server = new tls.TLSSocket(socket, { isServer: true, secureContext: tls.createSecureContext(own) });
    server.on('data', (chunk) => server.write(chunk));
    server.on('end', () => server.end());
    server.on('error', () => {});
  });
  outer.listen(0, '127.0.0.1', () => {
    const first = tls.connect({ port: outer.address().port, host: '127.0.0.1', servername: 'localhost', ca }, () => {
      const second = tls.connect({ socket: first, servername: 'localhost', ca }, () => {
        console.log('twice', second.getProtocol(), second.authorized);
        second.write('hello');
        second.once('data', (chunk) => {
          console.log('twice', String(chunk));
          second.destroy();
          first.destroy();
          outer.close(done);
        });
      });
    });
  });
});

const later = () => new Promise((done) => {
  const plain = net.createServer((socket) => {
    socket.write('ready\n');
    socket.once('data', () => {
      const secure = new tls.TLSSocket(socket, { isServer: true, secureContext: tls.createSecureContext(own) });
      secure.on('data', (chunk) => secure.end(`secret ${chunk}`));
      socket.write('go\n');
    });
  });
  plain.listen(0, '127.0.0.1', () => {
    const socket = net.connect(plain.address().port, '127.0.0.1');
    socket.once('data', (greeting) => {
      console.log(String(greeting).trim());
      socket.write('starttls\n');
      socket.once('data', (answer) => {
        console.log(String(answer).trim());
        const secure = tls.connect({ socket, servername: 'localhost', ca }, () => secure.write('words'));
        secure.on('data', (chunk) => console.log(String(chunk)));
        secure.on('close', () => plain.close(done));
      });
    });
  });
});

(async () => {
  await overPair();
  await overTls();
  await later();
})();
