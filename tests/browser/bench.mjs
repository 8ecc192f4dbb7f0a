/**
 * The browser's numbers, for docs/benchmarks.md: `node tests/browser/bench.mjs` prints one line of JSON, medians in the unit that
 * the name ends in. Wants js/dist to be built; OAC_CHROMIUM names the browser.
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { openPage } from './harness.mjs';

const ROUNDS = 7;
const dist = join(dirname(fileURLToPath(import.meta.url)), '../../js/dist');

/** Runs in the page. */
async function measure(rounds) {
  const { OpenAgentsContainer } = await import('/index.js');
  const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
  const repeat = async (count, run) => {
    const times = [];
    for (let round = 0; round < count; round++) {
      const started = performance.now();
      await run();
      times.push(performance.now() - started);
    }
    return median(times);
  };
  const containers = [];
  const boot_ms = await repeat(rounds, async () => void containers.push(await OpenAgentsContainer.boot({ registry: '/registry/' })));
  const container = containers.pop();
  for (const other of containers) other.teardown();
  const run = async (command, args) => {
    const process = await container.spawn(command, args, { merged: true });
    let text = '';
    for await (const chunk of process.output) text += chunk;
    const code = await process.exit;
    if (code !== 0) throw new Error(`${command} ended with ${code}: ${text}`);
    return text;
  };
  const first = performance.now();
  await run('node', ['-e', '0']);
  const first_node_ms = performance.now() - first;
  const node_ms = await repeat(rounds, () => run('node', ['-e', '0']));
  const shell_ms = await repeat(rounds, () => run('sh', ['-c', ':']));
  const read = 'const fs = require("fs"); fs.writeFileSync("/tmp/x", Buffer.alloc(1024)); const fd = fs.openSync("/tmp/x"); const b = Buffer.alloc(1024); const n = 20000; let t = process.hrtime.bigint(); for (let i = 0; i < n; i++) fs.readSync(fd, b, 0, 1024, 0); console.log(Number(process.hrtime.bigint() - t) / n / 1000)';
  const read_1k_us = Number(await run('node', ['-e', read]));
  const tree = await (await fetch('/example/express')).json();
  const install_ms = await repeat(3, async () => {
    await container.fs.rm('/work', { recursive: true, force: true });
    await container.fs.mkdir('/work', { recursive: true });
    await container.fs.rm('/root/.npm', { recursive: true, force: true });
    await container.mount(tree);
    await run('npm', ['install']);
  });
  const ready = new Promise((resolve) => container.on('server-ready', resolve));
  const started = performance.now();
  const server = await container.spawn('node', ['server.js']);
  await ready;
  const listening_ms = performance.now() - started;
  const once = async () => (await container.fetch(3000)).text();
  const asked = performance.now();
  await once();
  const first_response_ms = performance.now() - asked;
  const response_ms = await repeat(20, once);
  server.kill('SIGKILL');
  await server.exit;
  return { boot_ms, first_node_ms, node_ms, shell_ms, read_1k_us, install_ms, listening_ms, first_response_ms, response_ms };
}

/** Bytes of files, as they are and as a server sends them. */
function sizes(files) {
  const total = { raw: 0, gzip: 0, brotli: 0 };
  for (const file of files) {
    const bytes = readFileSync(join(dist, file));
    total.raw += bytes.length;
    total.gzip += gzipSync(bytes, { level: 9 }).length;
    total.brotli += brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_LGWIN]: 24 } }).length;
  }
  return total;
}

const page = await openPage();
try {
  const times = await page.evaluate(measure, ROUNDS);
  const kernel_files = ['kernel/oac_web_bg.wasm', 'kernel/oac_web.js', 'index.js', 'container.js', 'kernel-worker.js', 'task-worker.js', 'generated/abi.js'];
  const bytes = { kernel_and_js: sizes(kernel_files), node: sizes(['programs/node.wasm']), npm: sizes(['programs/npm.wasm']), sh: sizes(['programs/sh.wasm']) };
  console.log(JSON.stringify({ browser: page.version, ...times, bytes }));
} finally {
  await page.end();
}
