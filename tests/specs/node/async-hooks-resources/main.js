const { AsyncResource, AsyncLocalStorage, executionAsyncId, triggerAsyncId, createHook } = require('async_hooks');
const storage = new AsyncLocalStorage();
class Pool extends AsyncResource { constructor() { super('Pool'); } run(fn) { return this.runInAsyncScope(fn, null, 1, 2); } }
storage.run({ id: 1 }, () => {
  const pool = new Pool();
  storage.run({ id: 2 }, () => pool.run((a, b) => console.log(a + b, storage.getStore(), executionAsyncId() === pool.asyncId())));
  const bound = AsyncResource.bind(() => storage.getStore());
  storage.exit(() => console.log(storage.getStore(), bound()));
  const snapshot = AsyncLocalStorage.snapshot();
  storage.run({ id: 3 }, () => console.log(snapshot(() => storage.getStore())));
  setTimeout(async () => { await null; console.log('timer', storage.getStore()); }, 1);
});
storage.enterWith({ id: 9 });
process.nextTick(() => console.log('tick', storage.getStore(), typeof triggerAsyncId()));
const types = []; const hook = createHook({ init(_, type) { types.push(type); } }).enable(); setTimeout(() => {}, 1); setImmediate(() => {}); hook.disable(); console.log(types);
