// A server that forwards to another, headers, body and status.
const http = require('http');
const origin = http.createServer((req, res) => {
  res.writeHead(req.url === '/teapot' ? 418 : 200, { 'X-Origin': 'yes', 'Content-Type': 'text/plain' });
  req.pipe(res);
});
const proxy = http.createServer((req, res) => {
  const upstream = http.request({ port: originPort, path: req.url, method: req.method, headers: { ...req.headers, via: 'proxy' } }, (answer) => {
    res.writeHead(answer.statusCode, answer.headers);
    answer.pipe(res);
  });
  upstream.on('error', (error) => { res.writeHead(502); res.end(error.code); });
  req.pipe(upstream);
});
let originPort;
const ask = (path, body) => new Promise((resolve) => {
  http.request({ port: proxy.address().port, path, method: 'POST', agent: false }, (res) => {
    let text = '';
    res.on('data', (data) => { text += data; }).on('end', () => resolve([res.statusCode, res.headers['x-origin'], text.length, text.slice(0, 5)]));
  }).end(body);
});
origin.listen(0, () => proxy.listen(0, async () => {
  originPort = origin.address().port;
  console.log(await ask('/', 'hello'), await ask('/teapot', 'x'.repeat(300000)));
  origin.close();
  origin.closeAllConnections();
  setImmediate(async () => {
    console.log(await ask('/', 'gone'));
    proxy.close();
  });
}));
