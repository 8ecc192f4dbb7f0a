// A thread that wants more memory than it was given ends, and nothing else does.
const { Worker } = require('worker_threads');
const worker = new Worker('let all = []; for (;;) all = [all, new Array(10_000).fill(1.5)];', {
  eval: true, resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 4 },
});
console.log(worker.resourceLimits.maxOldGenerationSizeMb, worker.resourceLimits.maxYoungGenerationSizeMb);
worker.on('error', (error) => console.log(error.name, error.code, error.message));
worker.on('exit', (code) => console.log('exit', code));
