const log = (text) => () => console.log(text);
setTimeout(log('timeout'), 0); process.nextTick(log('tick'));
Promise.resolve().then(log('micro')).then(() => process.nextTick(log('tick from micro'))).then(log('micro 3'));
queueMicrotask(log('queued')); process.nextTick(() => { console.log('tick 2'); Promise.resolve().then(log('micro from tick')); process.nextTick(log('nested tick')); });
(async () => { console.log('sync'); await null; console.log('after await'); })();
setTimeout(() => { process.nextTick(log('tick in timer')); Promise.resolve().then(log('micro in timer')); setImmediate(log('immediate')); }, 0);
process.on('beforeExit', () => console.log('beforeExit')); process.on('exit', (code) => console.log('exit', code));
console.log('end');
