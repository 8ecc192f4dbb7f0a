// Shared memory: atomic operations of many threads, waiting for each other, and plain values ordered by them.
const { Worker, isMainThread, workerData, parentPort, MessageChannel, receiveMessageOnPort } = require('worker_threads');
const THREADS = 3;
const ROUNDS = 200;

if (isMainThread) {
  const memory = new SharedArrayBuffer(1024);
  const ints = new Int32Array(memory);
  const bigs = new BigInt64Array(memory, 512);
  ints[10] = 77;
  let left = THREADS;
  for (let i = 0; i < THREADS; i += 1) {
    new Worker(__filename, { workerData: { memory, i } }).on('exit', () => {
      left -= 1;
      if (left > 0) return;
      console.log(ints[0], Atomics.load(ints, 1), bigs[0], [...new Uint8Array(memory, 300, THREADS)]);
      synchronous();
    });
  }
  while (Atomics.load(ints, 2) < THREADS) Atomics.wait(ints, 2, Atomics.load(ints, 2), 1000);
  console.log('all there', Atomics.notify(ints, 3) <= THREADS);
  Atomics.store(ints, 3, 1);
  Atomics.notify(ints, 3);
} else if (workerData.memory) {
  const { memory, i } = workerData;
  const ints = new Int32Array(memory);
  const bigs = new BigInt64Array(memory, 512);
  if (ints[10] !== 77) throw new Error('what was written before is not there');
  new Uint8Array(memory)[300 + i] = i + 1;
  Atomics.add(ints, 2, 1);
  Atomics.notify(ints, 2);
  while (Atomics.wait(ints, 3, 0) === 'ok' && Atomics.load(ints, 3) === 0);
  for (let round = 0; round < ROUNDS; round += 1) {
    Atomics.add(ints, 0, 1);
    Atomics.sub(bigs, 0, 2n);
    // A lock: plain reading and writing within it is safe.
    while (Atomics.compareExchange(ints, 4, 0, 1) !== 0) Atomics.wait(ints, 4, 1, 50);
    ints[1] += 1;
    Atomics.store(ints, 4, 0);
    Atomics.notify(ints, 4, 1);
  }
} else {
  const { flag, port } = workerData.sync;
  parentPort.on('message', async (n) => {
    await new Promise((resolve) => setTimeout(resolve, 1));
    port.postMessage({ result: n * 2 });
    Atomics.add(flag, 0, 1);
    Atomics.notify(flag, 0);
    if (n === 3) process.exit();
  });
}

/** Calls into a thread that are synchronous here, as synckit makes them. */
function synchronous() {
  const flag = new Int32Array(new SharedArrayBuffer(4));
  const { port1, port2 } = new MessageChannel();
  const worker = new Worker(__filename, { workerData: { sync: { flag, port: port2 } }, transferList: [port2] });
  for (let n = 1; n <= 3; n += 1) {
    worker.postMessage(n);
    const status = Atomics.wait(flag, 0, n - 1, 20_000);
    console.log(['ok', 'not-equal'].includes(status), receiveMessageOnPort(port1).message);
  }
  console.log(Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1));
  const asyncWait = Atomics.waitAsync(flag, 0, 3, 20_000);
  console.log(asyncWait.async);
  asyncWait.value.then((how) => console.log(how));
  console.log(Atomics.notify(flag, 0));
  for (const bad of [() => Atomics.add([], 0, 1), () => Atomics.load(new Float64Array(1), 0), () => Atomics.load(flag, 1), () => Atomics.wait(new Int32Array(1), 0, 0), () => Atomics.wait(new Uint8Array(1), 0, 0)]) {
    try { bad(); } catch (error) { console.log(error.name, error.message); }
  }
}
