// A server and a client in one process: methods, bodies, headers, status texts.
const http = require('http');
const server = http.createServer((req, res) => {
  let body = '';
  req.setEncoding('utf8');
  req.on('data', (chunk) => { body += chunk; });
  req.on('end', () => {
    res.writeHead(req.method === 'POST' ? 201 : 200, { 'X-Method': req.method, 'Set-Cookie': ['a=1', 'b=2'] });
    res.end(`${req.url} ${req.headers['x-test']} ${JSON.stringify(body)} ${req.httpVersion}`);
  });
});
function request(options, body) {
  return new Promise((resolve, reject) => {
    const req = http.request({ port: server.address().port, agent: false, ...options }, (res) => {
      let text = '';
      res.on('data', (chunk) => { text += chunk; }).on('end', () => resolve([res, text]));
    });
    req.on('error', reject);
    req.end(body);
  });
}
server.listen(0, async () => {
  for (const [method, body] of [['GET'], ['POST', 'hello'], ['PUT', 'é€😀'], ['DELETE'], ['PATCH', '']]) {
    const [res, text] = await request({ method, path: '/p?q=1', headers: { 'X-Test': 'yes' } }, body);
    console.log(res.statusCode, res.statusMessage, res.headers['x-method'], res.headers['set-cookie'], text);
  }
  const [head, text] = await request({ method: 'HEAD' });
  console.log(head.statusCode, JSON.stringify(text), head.headers['transfer-encoding'], head.headers['content-length']);
  server.close(() => console.log('closed'));
});
