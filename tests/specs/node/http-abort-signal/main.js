const http = require('http');
const { setTimeout: sleep } = require('timers/promises');
const server = http.createServer(() => {});
server.listen(0, async () => {
  const controller = new AbortController();
  const req = http.get({ port: server.address().port, signal: controller.signal });
  req.on('error', (error) => { console.log(error.name, error.code, req.destroyed); server.close(() => console.log('closed')); });
  await sleep(10);
  controller.abort();
});
