// Random programs of next ticks, microtasks, promises, immediates, close callbacks and exceptions, and the order in which they run.
// `node main.js FIRST COUNT` runs other seeds than those of the expectation: compare with the real Node's output.
const fs = require('node:fs');

const [first = 1, count = 80] = process.argv.slice(2).map(Number);

/** Marsaglia's xorshift: the same programs everywhere. */
function generator(seed) {
  let state = Math.imul(seed, 2654435761) | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

let log = [];
let pending = 0;
let finished;

process.on('uncaughtException', (error) => {
  log.push(`!${error.message}`);
});
process.on('unhandledRejection', (reason) => {
  log.push(`?${reason.message}`);
});

const kinds = {
  tick: (run) => process.nextTick(run),
  micro: (run) => queueMicrotask(run),
  then: (run) => void Promise.resolve().then(run),
  thenable: (run) => void Promise.resolve({ then: (resolve) => { run(); resolve(); } }),
  await: async (run) => { await null; run(); },
  return: async (run) => { await (async () => Promise.resolve())(); run(); },
  finally: (run) => void Promise.reject(new Error('f')).finally(run).catch(() => {}),
  immediate: (run) => setImmediate(run),
  close(run) {
    const { port1 } = new MessageChannel();
    port1.on('close', run);
    port1.close();
  },
  now: (run) => run(),
};
const names = Object.keys(kinds);

/** Runs a node of the tree of a program: says so, starts its children, and perhaps throws. */
function node(random, depth, name) {
  pending += 1;
  return () => {
    pending -= 1;
    log.push(name);
    const children = depth === 0 ? 0 : random(4);
    for (let i = 0; i < children; i += 1) {
      const kind = names[random(names.length)];
      kinds[kind](node(random, depth - 1, `${name}.${kind}${i}`));
    }
    if (pending === 0) setImmediate(settle);
    // An exception in the callback of a promise is its rejection; elsewhere nobody catches it.
    if (depth > 0 && random(12) === 0) throw new Error(name);
  };
}

function settle() {
  if (pending === 0 && finished !== undefined) {
    const done = finished;
    finished = undefined;
    setTimeout(done, 0);
  }
}

const roots = {
  timer: (run) => setTimeout(run, 1),
  immediate: (run) => setImmediate(run),
  poll: (run) => fs.stat(__filename, run),
  tick: (run) => process.nextTick(run),
};

function program(seed) {
  return new Promise((resolve) => {
    const random = generator(seed);
    const root = Object.keys(roots)[random(4)];
    log = [];
    finished = () => {
      console.log(`${seed} ${root}: ${log.join(' ')}`);
      resolve();
    };
    roots[root](node(random, 3, 'r'));
  });
}

(async () => {
  for (let seed = first; seed < first + count; seed += 1) await program(seed);
})();
