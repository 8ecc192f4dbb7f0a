// What may be set, what is refused, what is joined.
const http = require('http');
const server = http.createServer((req, res) => {
  console.log(req.headers, req.rawHeaders.length, req.headersDistinct['x-a']);
  for (const attempt of [() => res.setHeader('bad name', 'x'), () => res.setHeader('X', 'a\nb'), () => res.setHeader('X', undefined), () => res.writeHead(1000)]) {
    try { attempt(); } catch (error) { console.log(error.code, error.message); }
  }
  res.setHeader('X-Array', ['1', '2']);
  res.appendHeader('X-Array', '3');
  res.setHeader('Content-Type', 'text/plain');
  console.log(res.getHeaderNames(), res.hasHeader('x-array'), res.getHeader('X-ARRAY'));
  res.end('é');
  try { res.setHeader('late', '1'); } catch (error) { console.log(error.code); }
});
server.listen(0, () => {
  http.get({ port: server.address().port, headers: { 'X-A': ['1', '2'], 'Cookie': ['a=1', 'b=2'], 'Host': 'example.test', 'Connection': 'close' } }, (res) => {
    delete res.headers.date;
    console.log(res.headers);
    res.resume().on('end', () => server.close());
  });
});
