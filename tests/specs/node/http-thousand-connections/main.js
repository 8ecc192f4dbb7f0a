// A thousand connections, all open at once and kept, used three times over.
const http = require('http');
const COUNT = 1000;
let accepted = 0;
const server = http.createServer((req, res) => res.end(`for ${req.url}`));
server.keepAliveTimeout = 0;
server.on('connection', () => { accepted += 1; });
const agent = new http.Agent({ keepAlive: true, maxSockets: Infinity, maxFreeSockets: COUNT });
const get = (port, path) => new Promise((resolve, reject) => {
  http.get({ host: '127.0.0.1', port, path, agent }, (res) => {
    let body = '';
    res.on('data', (chunk) => { body += chunk; });
    res.on('end', () => resolve(body));
  }).on('error', reject);
});
server.listen(0, '127.0.0.1', 2 * COUNT, async () => {
  const { port } = server.address();
  for (let round = 0; round < 3; round += 1) {
    const bodies = await Promise.all(Array.from({ length: COUNT }, (_, i) => get(port, `/${i}`)));
    console.log(bodies.every((body, i) => body === `for /${i}`), accepted, await new Promise((resolve) => server.getConnections((_, n) => resolve(n))));
    await new Promise(setImmediate);
  }
  agent.destroy();
  server.close(() => console.log('closed'));
});
