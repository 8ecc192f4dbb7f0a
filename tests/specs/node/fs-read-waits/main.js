// An asynchronous read of a pipe that has nothing yet leaves the loop to the others.
const { spawn } = require('child_process');
const child = `
const fs = require('fs');
const part = () => new Promise((resolve) => fs.read(0, Buffer.alloc(9), 0, 9, null, (error, count, buffer) => resolve(error ?? buffer.toString('utf8', 0, count))));
(async () => {
  const first = part();
  console.log('directory', await new Promise((resolve) => fs.stat('/', (error, stat) => resolve(stat.isDirectory()))));
  setImmediate(() => console.log('immediate') || process.send('now'));
  console.log('read', await first);
  const [second, timer] = [part(), new Promise((resolve) => setTimeout(resolve, 1, 'timer'))];
  console.log(await timer);
  process.send('more');
  console.log('read', await second, '|', await part(), '|');
  process.disconnect();
})();
`;
const running = spawn(process.execPath, ['-e', child], { stdio: ['pipe', 'inherit', 'inherit', 'ipc'] });
running.on('message', (message) => (message === 'now' ? running.stdin.write('one') : running.stdin.end('two')));
running.on('exit', (code) => console.log('exit', code));
