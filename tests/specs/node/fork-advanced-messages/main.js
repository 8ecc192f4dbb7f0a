const { fork } = require('child_process');
if (process.argv[2] === 'child') {
  process.on('message', (message) => { process.send(message); process.disconnect(); });
} else {
  const child = fork(__filename, ['child'], { serialization: 'advanced' });
  child.on('message', (message) => console.log(message));
  child.send({ map: new Map([[1, { a: 2n }]]), set: new Set(['x']), bytes: new Uint8Array([1, 2, 3]), date: new Date(0), error: new RangeError('r').message, undef: undefined });
}
