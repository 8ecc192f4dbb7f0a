const http = require('http');
const server = http.createServer(() => {});
server.listen(0, () => {
  const req = http.get({ port: server.address().port, timeout: 30 });
  req.on('timeout', () => { console.log('timeout'); req.destroy(new Error('gave up')); });
  req.on('error', (error) => { console.log('error', error.message); server.close(() => console.log('closed')); });
});
