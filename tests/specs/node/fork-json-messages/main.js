const { fork } = require('child_process');
if (process.argv[2] === 'child') {
  process.on('message', (message) => {
    process.send({ echo: message, connected: process.connected });
    if (message === 'end') process.disconnect();
  });
} else {
  const child = fork(__filename, ['child']);
  child.on('message', (message) => console.log(message));
  child.send({ a: 1, nested: [1, null, 'é'] });
  child.send('end');
}
