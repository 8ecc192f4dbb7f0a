// The client of the servers of this folder: `count` requests over 32 connections that are kept, then their number a second is printed.
const http = require('http');

module.exports = function measure(server, count) {
  server.listen(0, () => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 32 });
    let left = count;
    let begun = 0;
    const start = performance.now();
    const next = () => {
      if (begun === count) return;
      begun += 1;
      http.get({ port: server.address().port, agent }, (res) => {
        res.resume().on('end', () => {
          left -= 1;
          if (left > 0) return next();
          console.log(count / ((performance.now() - start) / 1000));
          agent.destroy();
          server.close();
        });
      });
    };
    for (let i = 0; i < 32; i += 1) next();
  });
};
