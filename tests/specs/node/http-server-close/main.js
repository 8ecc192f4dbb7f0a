// close() waits for requests under way and drops idle connections; closeAllConnections does not wait.
const http = require('http');
const events = [];
const server = http.createServer((req, res) => {
  if (req.url === '/slow') setTimeout(() => res.end('slow'), 40);
  else res.end('quick');
});
const agent = new http.Agent({ keepAlive: true });
const get = (path) => new Promise((resolve, reject) => {
  http.get({ port: server.address().port, path, agent }, (res) => {
    let text = '';
    res.on('data', (data) => { text += data; }).on('end', () => resolve(text));
  }).on('error', reject);
});
server.listen(0, async () => {
  console.log(await get('/'));
  const slow = get('/slow').then((text) => events.push(text));
  setTimeout(() => {
    server.close((error) => {
      events.push(`closed ${error}`);
      console.log(events, server.listening);
      server.close((again) => console.log(again.code));
    });
    console.log('listening', server.listening);
  }, 10);
  await slow;
});
