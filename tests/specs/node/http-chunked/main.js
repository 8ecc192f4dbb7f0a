// Streaming both ways: chunked bodies, trailers, pipe.
const http = require('http');
const { Readable } = require('stream');
const server = http.createServer((req, res) => {
  console.log('te', req.headers['transfer-encoding'], 'cl', req.headers['content-length']);
  res.writeHead(200, { Trailer: 'X-Sum' });
  let sum = 0;
  req.on('data', (chunk) => { sum += chunk.length; res.write(chunk); });
  req.on('end', () => {
    console.log('request trailers', req.trailers);
    res.addTrailers({ 'X-Sum': String(sum) });
    res.end();
  });
});
server.listen(0, () => {
  const req = http.request({ port: server.address().port, method: 'POST', headers: { Trailer: 'X-End' } }, (res) => {
    console.log(res.headers['transfer-encoding'], res.headers.trailer);
    let size = 0;
    res.on('data', (chunk) => { size += chunk.length; });
    res.on('end', () => { console.log('got', size, res.trailers, res.complete); server.close(); });
  });
  req.addTrailers({ 'X-End': 'yes' });
  Readable.from([Buffer.alloc(1000, 'a'), Buffer.alloc(70000, 'b'), 'tail']).pipe(req);
});
