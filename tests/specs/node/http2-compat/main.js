// HTTP/2 over TLS through the interface of HTTP/1, with clients of both kinds.
const fs = require('fs');
const http2 = require('http2');
const https = require('https');
const read = (name) => fs.readFileSync(`${__dirname}/keys/${name}`);
const ca = read('ca.pem');
const server = http2.createSecureServer({ key: read('server.key'), cert: read('server.pem'), allowHTTP1: true }, async (req, res) => {
  let body = '';
  for await (const chunk of req) body += chunk;
  res.setHeader('x-version', req.httpVersion);
  res.writeHead(201, { 'content-type': 'text/plain' });
  res.write(`${req.method} ${req.url} ${req.headers['x-a'] ?? '-'} `);
  res.end(`${body.length} ${req.socket.encrypted ?? req.stream.session.encrypted}`);
});
server.listen(0, async () => {
  const port = server.address().port;
  const client = http2.connect(`https://localhost:${port}`, { ca });
  await new Promise((resolve) => client.once('connect', resolve));
  console.log(client.alpnProtocol, client.encrypted, client.originSet.length);
  const request = client.request({ ':method': 'POST', ':path': '/two', 'x-a': 'b' });
  request.end('hello');
  await new Promise((resolve) => {
    request.on('response', (headers) => console.log(headers[':status'], headers['x-version'], headers['content-type']));
    let text = '';
    request.setEncoding('utf8').on('data', (chunk) => { text += chunk; }).on('end', () => resolve(console.log(text)));
  });
  client.close();
  await new Promise((resolve) => {
    https.get({ port, path: '/one', ca }, (res) => {
      console.log(res.statusCode, res.headers['x-version'], res.httpVersion);
      let text = '';
      res.setEncoding('utf8').on('data', (chunk) => { text += chunk; }).on('end', () => resolve(console.log(text)));
    });
  });
  server.close(() => console.log('closed'));
});
