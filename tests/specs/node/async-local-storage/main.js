const { AsyncLocalStorage, AsyncResource, executionAsyncId, triggerAsyncId } = require('async_hooks');
const als = new AsyncLocalStorage(); const other = new AsyncLocalStorage();
const show = (label) => console.log(label, als.getStore(), other.getStore());
als.run({ id: 1 }, () => {
  other.run('o', async () => {
    show('sync'); await null; show('await');
    await new Promise((resolve) => setTimeout(resolve, 1)); show('timeout');
    setImmediate(() => show('immediate')); process.nextTick(() => show('tick')); queueMicrotask(() => show('microtask'));
    require('fs').readFile(__filename, () => setTimeout(() => show('fs'), 20));
    await Promise.all([1, 2].map(async (n) => { await n; als.enterWith({ id: n * 10 }); await n; show('entered'); }));
    show('after all'); als.exit(() => show('exit'));
    als.run('nested', () => setTimeout(() => show('nested'), 2));
  });
});
show('outside');
const resource = new AsyncResource('R'); const bound = als.run('bound', () => AsyncResource.bind(() => show('bind')));
als.run('elsewhere', () => { bound(); resource.runInAsyncScope(() => show('resource')); });
const snapshot = als.run('snap', () => AsyncLocalStorage.snapshot()); als.run('later', () => snapshot(() => show('snapshot')));
(async function* gen() { yield 1; })().next().then(() => show('generator'));
