// How a process ends by a rejection that nobody handles, in every mode, with and without handlers.
const { spawnSync } = require('node:child_process');

const programs = {
  error: 'Promise.reject(new Error("no")); setTimeout(() => console.log("later"), 5)',
  value: 'Promise.reject(42); setTimeout(() => console.log("later"), 5)',
  object: 'Promise.reject({ a: 1 })',
  async: '(async () => { await null; throw new TypeError("late") })()',
  handledLater: 'const p = Promise.reject(new Error("x")); setTimeout(() => p.catch(() => console.log("caught")), 5)',
  handler: 'process.on("unhandledRejection", (r) => console.log("handler", r.message)); Promise.reject(new Error("no"))',
  uncaught: 'process.on("uncaughtException", (e, origin) => console.log(origin, e.message)); Promise.reject(new Error("no"))',
  exit: 'process.on("exit", (code) => console.log("exit", code)); Promise.reject(new Error("no"))',
};
const modes = [undefined, 'strict', 'warn', 'none', 'throw', 'warn-with-error-code'];
for (const [name, program] of Object.entries(programs)) {
  for (const mode of modes) {
    const options = mode === undefined ? [] : [`--unhandled-rejections=${mode}`];
    const child = spawnSync(process.execPath, [...options, '-e', program], { encoding: 'utf8' });
    // What was thrown and warned of; not where.
    const wanted = /^\w*(Error|Rejection)\b|Warning|reject/;
    const stderr = child.stderr.split('\n').filter((line) => wanted.test(line)).join('\n').replace(/node:\d+\)/g, 'node:PID)');
    console.log(`== ${name} ${mode}: ${child.status} ${child.signal}\n${child.stdout}${stderr}`);
  }
}
