const cluster = require('cluster');
const http = require('http');
if (cluster.isPrimary) {
  const worker = cluster.fork({ ANSWER: '42' });
  worker.on('message', (message) => console.log('message', message));
  worker.on('listening', ({ port }) => http.get({ port, agent: false }, (response) => response.on('data', (data) => { console.log(String(data)); worker.disconnect(); })));
  worker.on('exit', (code) => console.log('exit', code, worker.exitedAfterDisconnect));
} else {
  process.send({ worker: cluster.worker.id, answer: process.env.ANSWER });
  http.createServer((_, response) => response.end('from the worker')).listen(0);
}
