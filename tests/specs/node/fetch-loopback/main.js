// The global fetch against a server in the same process.
const http = require('http');
const server = http.createServer((req, res) => {
  let body = '';
  req.on('data', (chunk) => { body += chunk; });
  req.on('end', () => {
    if (req.url === '/redirect') { res.writeHead(302, { location: '/landed' }); return void res.end(); }
    res.writeHead(req.url === '/missing' ? 404 : 200, { 'Content-Type': 'application/json' });
    res.end(JSON.stringify({ method: req.method, url: req.url, type: req.headers['content-type'], body }));
  });
});
server.listen(0, async () => {
  const base = `http://localhost:${server.address().port}`;
  const get = await fetch(`${base}/a?b=c`, { headers: { 'X-Test': '1' } });
  console.log(get.status, get.ok, get.headers.get('content-type'), await get.json());
  const post = await fetch(base, { method: 'POST', body: JSON.stringify({ x: 1 }), headers: { 'Content-Type': 'application/json' } });
  console.log(await post.json());
  const form = await fetch(base, { method: 'POST', body: new URLSearchParams({ q: 'a b' }) });
  console.log(await form.json());
  const missing = await fetch(`${base}/missing`);
  console.log(missing.status, missing.statusText, missing.ok, (await missing.text()).length > 0);
  const moved = await fetch(`${base}/redirect`);
  console.log(moved.redirected, new URL(moved.url).pathname, (await moved.json()).url);
  const stream = await fetch(`${base}/stream`);
  let size = 0;
  for await (const chunk of stream.body) size += chunk.length;
  console.log(size > 0);
  await fetch('http://127.0.0.1:1/').catch((error) => console.log(error.name, error.message));
  const abort = new AbortController();
  abort.abort();
  await fetch(base, { signal: abort.signal }).catch((error) => console.log(error.name));
  server.close();
  server.closeAllConnections();
});
