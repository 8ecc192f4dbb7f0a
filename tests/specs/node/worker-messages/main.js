// What threads tell each other: values of all kinds, ports, and objects of Node's library.
const { Worker, isMainThread, parentPort, workerData, threadId, threadName, MessageChannel, receiveMessageOnPort, BroadcastChannel,
  setEnvironmentData, getEnvironmentData, markAsUntransferable } = require('worker_threads');
const { format } = require('util');

// Each source keeps its own lines: in which order ports of different channels are heard, nobody says.
const lines = {};
const log = (source, ...args) => (lines[source] ??= []).push(format(...args));

if (isMainThread) {
  setEnvironmentData('shared', { deep: [1] });
  const { port1, port2 } = new MessageChannel();
  port1.postMessage('sent before the port was');
  const { port1: sync, port2: syncPeer } = new MessageChannel();
  const worker = new Worker(__filename, {
    workerData: { list: [1, , 3], date: new Date(0), map: new Map([[1, new Set([2n])]]), port2, syncPeer, env: process.env.NOT_THERE },
    transferList: [port2, syncPeer], argv: ['x', 'y'], name: ' bob ',
  });
  worker.on('online', () => log('worker', 'online', worker.threadId, worker.threadName));
  const buffer = new ArrayBuffer(8, { maxByteLength: 16 });
  worker.postMessage({
    values: [1, 2n ** 70n, -(2n ** 64n), 'ü', '\ud800', undefined, null, NaN, -0, 1e300, /x/gi, Object(1), Object('s'), true],
    error: Object.assign(new RangeError('boom', { cause: { why: 1 } }), { stack: 'no stack' }),
    views: [new Uint8Array([1, 2, 3]), new Float64Array([1.5]), new DataView(new ArrayBuffer(2), 1), Buffer.from('hi')],
    buffer, blob: new Blob(['some text']), url: 'x'.repeat(300_000),
  }, [buffer]);
  log('main', 'transferred', buffer.detached);
  const cycle = { };
  cycle.self = cycle;
  worker.postMessage(cycle);
  try {
    worker.postMessage({ f() {} });
  } catch (error) {
    log('main', error.name, error.code, error.message);
  }
  const untransferable = new ArrayBuffer(1);
  markAsUntransferable(untransferable);
  try {
    worker.postMessage(1, [untransferable]);
  } catch (error) {
    log('main', error.name, error.message);
  }
  port1.once('message', (message) => {
    log('port1', message);
    port1.postMessage('pong');
  });
  const channel = new BroadcastChannel('news');
  channel.onmessage = ({ data }) => {
    log('broadcast', data);
    channel.close();
    log('broadcast', 'at once', receiveMessageOnPort(sync), receiveMessageOnPort(sync));
    sync.close();
  };
  worker.on('message', (theirs) => log('worker', theirs.join('\n')));
  worker.on('exit', (code) => log('worker', 'exit', code));
  process.on('exit', () => {
    for (const source of Object.keys(lines).sort()) console.log(`${source}:\n${lines[source].join('\n')}`);
  });
} else {
  const { list, date, map, port2, syncPeer } = workerData;
  log('own', 'worker', threadId, threadName, process.argv.slice(2), list, date, map, getEnvironmentData('shared'));
  parentPort.once('message', async (message) => {
    message.url = message.url.length;
    message.text = await message.blob.text();
    log('own', message, message.buffer.resizable, Object.is(message.values[8], -0), message.error instanceof RangeError);
    parentPort.once('message', (cycle) => {
      log('own', cycle.self === cycle);
      port2.on('message', (text) => {
        log('own', 'port2', text);
        if (text === 'pong') {
          port2.close();
          syncPeer.postMessage({ now: true });
          const channel = new BroadcastChannel('news');
          channel.postMessage('to all');
          channel.close();
          parentPort.postMessage(lines.own);
        } else {
          port2.postMessage('ping');
        }
      });
    });
  });
}
