// One socket serves several requests; the server counts connections.
const http = require('http');
let connections = 0;
const server = http.createServer((req, res) => res.end(req.url));
server.on('connection', () => { connections += 1; });
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const get = (path) => new Promise((resolve) => {
  http.get({ port: server.address().port, path, agent }, (res) => {
    let text = '';
    res.on('data', (chunk) => { text += chunk; }).on('end', () => resolve([text, res.headers.connection, res.headers['keep-alive'], res.req.reusedSocket]));
  });
});
server.listen(0, async () => {
  for (const path of ['/1', '/2', '/3']) console.log(...await get(path));
  console.log(await Promise.all(['/a', '/b', '/c'].map(get)));
  console.log('connections', connections);
  agent.destroy();
  server.close(() => console.log('closed'));
});
