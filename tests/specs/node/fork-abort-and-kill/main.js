const { fork } = require('child_process');
if (process.argv[2] === 'child') setInterval(() => {}, 1000);
else {
  const child = fork(__filename, ['child'], { killSignal: 'SIGKILL' });
  child.on('exit', (code, signal) => console.log(code, signal, child.killed));
  child.on('spawn', () => { console.log('spawned'); child.kill('SIGTERM'); });
}
