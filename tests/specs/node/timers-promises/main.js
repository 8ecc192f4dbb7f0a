const { setTimeout: wait, setInterval: every, setImmediate: soon, scheduler } = require('timers/promises');
(async () => {
  console.log(await wait(1, 'value'), await soon('now'));
  let count = 0;
  for await (const value of every(1, 'tick')) { console.log(value, ++count); if (count === 3) break; }
  const controller = new AbortController();
  const waiting = wait(1000, null, { signal: controller.signal });
  controller.abort();
  await waiting.catch((error) => console.log(error.name, error.code));
  await scheduler.wait(1); await scheduler.yield();
  const timer = setTimeout(() => {}, 10);
  console.log(timer.hasRef(), timer.unref().hasRef(), typeof timer[Symbol.toPrimitive]());
  clearTimeout(String(timer[Symbol.toPrimitive]()));
})();
