// How threads end, and what they may not do.
const { Worker, resourceLimits } = require('worker_threads');

function run(code, options) {
  return new Promise((resolve) => {
    const log = [];
    const worker = new Worker(code, { eval: true, ...options });
    worker.on('message', (value) => log.push(['message', value]));
    worker.on('error', (error) => log.push(['error', error?.name, error?.message, error?.code, error?.extra]));
    worker.on('exit', (code) => {
      log.push(['exit', code]);
      resolve(log);
    });
  });
}
const post = 'const { parentPort } = require("worker_threads"); const post = (...args) => parentPort.postMessage(args);';

(async () => {
  console.log(await run('throw Object.assign(new TypeError("bad"), { code: "E_BAD", extra: 1 })'));
  console.log(await run('process.on("exit", (code) => console.log("leaving", code)); process.exit(300)'));
  console.log(await run(`${post} process.exitCode = 4; post(1)`));
  console.log(await run('Promise.reject(new Error("nobody cares"))'));
  console.log(await run('throw () => {}'));
  console.log(await run('throw null'));
  console.log(await run('process.on("uncaughtException", (error) => console.log("caught", error.message)); throw new Error("x")'));
  console.log(await run(`${post} for (const name of ["chdir", "abort", "setuid", "umask"]) try { process[name]("/") } catch (error) { post(name, error.code) }`));
  console.log(await run(`${post} post(process.pid === ${process.pid}, process.ppid === ${process.ppid}, process.env.FOO, process.execArgv); process.env.FOO = 2`,
    { env: { FOO: 'bar' }, execArgv: ['--no-warnings'] }), process.env.FOO);
  console.log(await run(`${post} new (require("worker_threads").Worker)("require('worker_threads').parentPort.postMessage(require('worker_threads').threadId > 1)", { eval: true }).on("message", post)`));
  console.log(await run(`${post} setInterval(() => {}, 1e6); post(1); process.nextTick(() => process.exit())`));
  const busy = new Worker('require("worker_threads").parentPort.postMessage(0); for (;;);', { eval: true });
  busy.once('message', async () => {
    console.log('terminated', await busy.terminate(), busy.threadId);
    console.log(await busy.terminate());
    const echo = new Worker('process.stdin.pipe(process.stdout)', { eval: true, stdin: true, stdout: true });
    echo.stdin.end('through the thread');
    let text = '';
    echo.stdout.on('data', (part) => { text += part; });
    echo.on('exit', (code) => {
      console.log(text, code);
      const data = new URL('data:text/javascript,import { parentPort, workerData } from "worker_threads"; parentPort.postMessage(workerData)');
      new Worker(data, { workerData: 'from a URL' }).on('message', (value) => console.log(value));
    });
  });
  for (const [file, options] of [['relative.js'], [{}], ['x', { eval: true, execArgv: ['--title=x'] }], ['x', { eval: true, env: 1 }], ['x', { eval: true, argv: 1 }]]) {
    try {
      new Worker(file, options);
    } catch (error) {
      console.log(error.code, error.message);
    }
  }
  console.log(resourceLimits);
})();
