// async_hooks of promises: who is made by whom, what runs as which.
const { createHook, executionAsyncId, triggerAsyncId, executionAsyncResource, AsyncResource } = require('node:async_hooks');
const fs = require('node:fs');

const names = new Map();
const first = executionAsyncId();
const name = (id) => {
  if (id <= first) return id === first ? 'main' : String(id);
  if (!names.has(id)) names.set(id, `#${names.size + 1}`);
  return names.get(id);
};
const lines = [];
const hook = createHook({
  init(id, type, trigger) { if (type === 'PROMISE') lines.push(`init ${name(id)} by ${name(trigger)}`); },
  before(id) { if (names.has(id)) lines.push(`before ${name(id)}`); },
  after(id) { if (names.has(id)) lines.push(`after ${name(id)}`); },
  promiseResolve(id) { if (names.has(id)) lines.push(`resolve ${name(id)}`); },
}).enable();

const say = (what) => lines.push(`${what} in ${name(executionAsyncId())} of ${name(triggerAsyncId())}`);

async function inner() {
  say('inner');
  await null;
  say('inner after await');
  return Promise.resolve('value');
}

async function outer() {
  const value = await inner();
  say(`outer got ${value}`);
  try {
    await Promise.reject(new Error('no'));
  } catch {
    say('outer caught');
  }
}

Promise.resolve(1)
  .then(() => { say('then'); throw new Error('x'); })
  .catch(() => say('catch'))
  .finally(() => say('finally'));
outer();
new Promise((resolve) => setTimeout(resolve, 1)).then(() => say('timer'));
Promise.all([1, Promise.resolve(2)]).then(() => say('all'));

setTimeout(() => {
  hook.disable();
  Promise.resolve().then(() => console.log('unseen', executionAsyncResource() instanceof Object));
  console.log(lines.join('\n'));
}, 20);
