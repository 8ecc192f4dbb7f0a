// HTTP over TLS: requests, keep-alive, large bodies both ways, agents' reuse, a server with plain clients.
const fs = require('fs');
const http = require('http');
const https = require('https');
const read = (name) => fs.readFileSync(`${__dirname}/keys/${name}`);
const ca = read('ca.pem');
const server = https.createServer({ key: read('server.key'), cert: read('server.pem') }, (req, res) => {
  if (req.url === '/echo') return req.pipe(res);
  res.setHeader('x-port', String(req.socket.remotePort === sockets.at(-1)));
  sockets.push(req.socket.remotePort);
  res.end(`${req.method} ${req.url} ${req.socket.encrypted} ${req.headers.host.split(':')[0]}`);
});
const sockets = [];
server.on('tlsClientError', (error) => console.log('tlsClientError', error.code, error.reason));
const agent = new https.Agent({ ca, keepAlive: true, maxSockets: 1 });
const request = (path, options = {}, body) => new Promise((resolve, reject) => {
  const req = https.request({ port: server.address().port, path, agent, ...options }, (res) => {
    const chunks = [];
    res.on('data', (chunk) => chunks.push(chunk));
    res.on('end', () => resolve([res.statusCode, res.headers['x-port'], Buffer.concat(chunks), req.reusedSocket]));
  });
  req.on('error', reject);
  req.end(body);
});
server.listen(0, async () => {
  for (const path of ['/a', '/b', '/c']) {
    const [status, same, body, reused] = await request(path);
    console.log(status, same, String(body), reused);
  }
  const large = Buffer.alloc(3 << 20, 'abcdefg');
  const [status, , body] = await request('/echo', { method: 'POST' }, large);
  console.log(status, body.length, body.equals(large));
  await request('/x', { agent: false }).catch((error) => console.log(error.code));
  await request('/x', { agent: false, ca, headers: { host: 'localhost' } }).then(([code, , text]) => console.log(code, String(text)));
  await new Promise((resolve) => {
    http.get({ port: server.address().port }, () => {}).on('error', (error) => resolve(console.log(error.code)));
  });
  agent.destroy();
  server.close(() => console.log('closed'));
});
