// A client that stops reading stops the server's writing; when it reads again, the rest follows.
const http = require('http');
const net = require('net');
const TOTAL = 64 << 20;
const piece = Buffer.alloc(65536, 'x');
let written = 0;
let waits = false;
const server = http.createServer((req, res) => {
  res.setHeader('content-length', TOTAL);
  const go = () => {
    waits = false;
    while (written < TOTAL) {
      written += piece.length;
      if (!res.write(piece)) {
        waits = true;
        res.once('drain', go);
        return;
      }
    }
    res.end(() => console.log('all sent', written === TOTAL));
  };
  go();
});
server.listen(0, '127.0.0.1', () => {
  const client = net.connect(server.address().port, '127.0.0.1', () => client.write('GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n'));
  let received = 0;
  client.once('data', (chunk) => {
    received += chunk.length;
    client.pause();
    let [last, same] = [-1, 0];
    const look = () => {
      same = written === last ? same + 1 : 0;
      last = written;
      if (same < 100) return setImmediate(look);
      console.log('stands still', waits, written < TOTAL / 2);
      client.on('data', (more) => { received += more.length; });
      client.resume();
    };
    look();
  });
  client.on('close', () => {
    console.log('all received', received > TOTAL && received < TOTAL + 500);
    server.close();
  });
});
