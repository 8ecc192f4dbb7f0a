// Each request keeps its own AsyncLocalStorage through timers, promises, streams and the next request on the same socket.
const http = require('http');
const { AsyncLocalStorage } = require('async_hooks');
const storage = new AsyncLocalStorage();
const server = http.createServer((req, res) => {
  storage.run({ url: req.url }, async () => {
    for await (const chunk of req) void chunk;
    await new Promise((resolve) => setTimeout(resolve, req.url === '/0' ? 20 : 1));
    res.end(storage.getStore().url);
  });
});
server.listen(0, async () => {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 2 });
  const get = (i) => storage.run(i, () => new Promise((resolve) => {
    const req = http.request({ port: server.address().port, path: `/${i}`, method: 'POST', agent }, (res) => {
      let text = '';
      res.on('data', (data) => { text += data; }).on('end', () => resolve([text, storage.getStore()]));
    });
    req.end('x');
  }));
  console.log(await Promise.all([0, 1, 2, 3, 4].map(get)), storage.getStore());
  agent.destroy();
  server.close();
});
