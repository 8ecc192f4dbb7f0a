// Requests a second that a hello server of express answers to a client beside it, over 32 connections that are kept. Prints the number.
const express = require('express');
const http = require('http');
const COUNT = 2000;
const app = express();
app.get('/', (req, res) => res.send('hello'));
const server = http.createServer(app);
server.listen(0, () => {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 32 });
  let left = COUNT;
  let begun = 0;
  const start = performance.now();
  const next = () => {
    if (begun === COUNT) return;
    begun += 1;
    http.get({ port: server.address().port, agent }, (res) => {
      res.resume().on('end', () => {
        left -= 1;
        if (left > 0) return next();
        console.log(COUNT / ((performance.now() - start) / 1000));
        agent.destroy();
        server.close();
      });
    });
  };
  for (let i = 0; i < 32; i += 1) next();
});
