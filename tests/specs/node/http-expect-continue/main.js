const http = require('http');
const server = http.createServer((req, res) => {
  req.resume().on('end', () => res.end('done'));
});
server.on('checkContinue', (req, res) => {
  console.log('checkContinue', req.headers.expect);
  res.writeContinue();
  res.writeEarlyHints({ link: '</a.css>; rel=preload' });
  server.emit('request', req, res);
});
server.listen(0, () => {
  const req = http.request({ port: server.address().port, method: 'POST', headers: { Expect: '100-continue' } });
  req.on('continue', () => { console.log('continue'); req.end('body'); });
  req.on('information', (info) => console.log('information', info.statusCode, info.headers));
  req.on('response', (res) => {
    console.log(res.statusCode);
    res.resume().on('end', () => server.close());
  });
  req.flushHeaders();
});
