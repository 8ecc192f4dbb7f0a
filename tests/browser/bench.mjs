/**
 * The browser's numbers, for docs/benchmarks.md: `node tests/browser/bench.mjs` prints one line of JSON, medians in the unit that
 * the name ends in. Wants js/dist to be built; OAC_CHROMIUM names the browser, OAC_SYSCALL_COST the program that measures calls.
 */
import { readFileSync } from 'node:fs';
import { openPage } from './harness.mjs';

const ROUNDS = 7;
/** runtime/sys/examples/syscall_cost.rs, compiled: prints a name and nanoseconds a line. */
const callCost = process.env.OAC_SYSCALL_COST ? [...readFileSync(process.env.OAC_SYSCALL_COST)] : undefined;

/** Runs in the page. */
async function measure({ rounds, callCost }) {
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
  const calls = {};
  if (callCost !== undefined) {
    await container.fs.writeFile('/bin/syscall_cost', new Uint8Array(callCost));
    await container.fs.chmod('/bin/syscall_cost', 0o755);
    for (const line of (await run('syscall_cost', [])).trim().split('\n')) {
      const [name, nanoseconds] = line.split(' ');
      calls[`syscall_${name}_us`] = Number(nanoseconds) / 1000;
    }
  }
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
  return { boot_ms, first_node_ms, node_ms, shell_ms, ...calls, install_ms, listening_ms, first_response_ms, response_ms };
}

const page = await openPage();
try {
  const times = await page.evaluate(measure, { rounds: ROUNDS, callCost });
  console.log(JSON.stringify(times));
} finally {
  await page.end();
}
