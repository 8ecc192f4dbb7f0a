// SHARE_ENV: one environment for both, as each looks.
'use strict';
const { Worker, SHARE_ENV, isMainThread, parentPort } = require('node:worker_threads');

if (isMainThread) {
  process.env.A = '1';
  const worker = new Worker(__filename, { env: SHARE_ENV });
  process.env.B = '2';
  worker.on('message', (message) => {
    if (message !== 'set') {
      console.log(message);
      return;
    }
    console.log(process.env.C, 'A' in process.env, Object.keys(process.env).includes('C'), process.env.NESTED);
    process.env.D = '4';
    delete process.env.B;
    worker.postMessage('go');
  });
} else if (process.env.DEEPER === undefined) {
  console.log(process.env.A, process.env.B);
  process.env.C = '3';
  delete process.env.A;
  process.env.DEEPER = 'yes';
  new Worker(__filename, { env: SHARE_ENV }).on('exit', () => parentPort.postMessage('set'));
  parentPort.once('message', () => parentPort.postMessage([process.env.D, process.env.B]));
} else {
  process.env.NESTED = `from below, C is ${process.env.C}`;
}
