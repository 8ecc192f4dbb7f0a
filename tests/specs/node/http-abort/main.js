// Either side may leave early.
const http = require('http');
const server = http.createServer((req, res) => {
  if (req.url === '/cut') {
    res.write('partial');
    setImmediate(() => res.destroy());
  } else {
    req.on('aborted', () => console.log('server saw abort'));
    res.on('close', () => { console.log('response closed, finished', res.writableFinished); server.close(); });
    res.write('x');
  }
});
server.listen(0, () => {
  const { port } = server.address();
  http.get({ port, path: '/cut' }, (res) => {
    res.on('data', (data) => console.log('data', String(data)));
    res.on('error', (error) => console.log('response error', error.code, error.message));
    res.on('close', () => {
      console.log('complete', res.complete);
      const req = http.get({ port, path: '/leave' }, (second) => {
        second.on('error', (error) => console.log('second', error.code));
        second.once('data', () => req.destroy());
      });
    });
  });
});
