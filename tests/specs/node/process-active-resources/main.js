// process.getActiveResourcesInfo, and the older calls behind it.
const fs = require('node:fs');
const net = require('node:net');
const { spawn } = require('node:child_process');

const count = () => {
  const counts = {};
  for (const type of process.getActiveResourcesInfo()) counts[type] = (counts[type] ?? 0) + 1;
  // Standard streams differ by what they are connected to.
  for (const type of ['PipeWrap', 'TTYWrap']) delete counts[type];
  return counts;
};
console.log('nothing', count());
fs.stat(__filename, () => {});
fs.promises.stat(__filename);
console.log('requests', count(), process._getActiveRequests().map((request) => request.constructor.name));
const timer = setTimeout(() => {}, 10000);
const immediate = setImmediate(() => {});
setTimeout(() => {}, 10000).unref();
console.log('timers', count());
clearTimeout(timer);
clearImmediate(immediate);
console.log('cleared', count());

const server = net.createServer((socket) => {
  console.log(process._getActiveHandles().includes(server), process._getActiveHandles().includes(socket));
  socket.end();
}).listen(0, () => {
  console.log('listening', count());
  const client = net.connect(server.address().port);
  client.resume().on('close', () => {
    server.close(() => {
      console.log('closed', count());
      const child = spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' });
      console.log('child', count());
      child.on('exit', () => setImmediate(() => console.log('end', count())));
    });
  });
});
