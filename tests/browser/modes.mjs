/** Pages that are not cross-origin isolated: slower, and everything works. */
import { assertEqual, assertIncludes } from './harness.mjs';

/** A container does what there is to do, in whichever mode. */
const work = (page, options) =>
  page.evaluate(async (options) => {
    const { OpenAgentsContainer } = await import('/index.js');
    const container = await OpenAgentsContainer.boot(options);
    await container.mount({
      's.js': { file: { contents: "require('http').createServer((q, r) => r.end('served ' + q.url)).listen(3000)" } },
      'loop.js': { file: { contents: 'for (;;);' } },
    });
    const { stdout, exitCode } = await container.exec('echo one; node -e "setTimeout(() => console.log(require(\'child_process\').execSync(\'echo two\').toString().trim()), 20)"; exit 3');
    const echo = await container.exec('cat', { input: 'never' }).catch((error) => error.code);
    const input = await container.exec('node', ['-e', "process.stdin.on('data', (d) => process.stdout.write(d))"], { input: 'in' });
    const ready = new Promise((resolve) => container.on('server-ready', resolve));
    await container.spawn('node', ['s.js']);
    await ready;
    const served = await (await container.fetch(3000, '/x')).text();
    const busy = await container.spawn('node', ['loop.js']);
    const timeout = await container.exec('node', ['loop.js'], { timeout: 300 }).catch((error) => error.code);
    busy.kill('SIGKILL');
    const killed = await busy.exit;
    const wasm = await container.exec('node', ['-e', "const m = new WebAssembly.Module(new Uint8Array([0,97,115,109,1,0,0,0,1,5,1,96,0,1,127,3,2,1,0,7,5,1,1,102,0,0,10,6,1,4,0,65,42,11])); console.log(new WebAssembly.Instance(m).exports.f())"]);
    return { isolation: container.mode.isolation, reason: container.mode.reason, stdout, exitCode, echo: typeof echo, input: input.stdout, served, timeout, killed, wasm: wasm.stdout };
  }, options);

const EXPECTED = { stdout: 'one\ntwo\n', exitCode: 3, echo: 'object', input: 'in', served: 'served /x', timeout: 'ETIMEDOUT', killed: 137, wasm: '42\n' };

const check = (name, options, mode, reason, isolation = false) => ({
  name,
  isolation,
  run: async (page) => {
    const { reason: why, isolation: got, ...seen } = await work(page, options);
    assertEqual(got, mode, 'the mode');
    assertIncludes(why, reason, 'its reason');
    assertEqual(seen, EXPECTED, 'what was seen');
  },
});

export const checks = [
  check('mode: an isolated page has shared memory', {}, 'shared-memory', 'cross-origin isolated', true),
  check('mode: without isolation, stacks are suspended', {}, 'suspended-stacks', 'Cross-Origin-Opener-Policy'),
  check('mode: without that, calls are synchronous requests', { isolation: 'synchronous-requests' }, 'synchronous-requests', 'asked for'),
  {
    name: 'mode: a preview is shown without isolation',
    isolation: false,
    run: async (page) => {
      await page.evaluate(async () => {
        const { WebContainer } = await import('/index.js');
        const container = await WebContainer.boot();
        await container.mount({ 's.js': { file: { contents: "require('http').createServer((q, r) => r.setHeader('content-type', 'text/html').end('<h1>shown</h1>')).listen(3000)" } } });
        container.on('server-ready', (_, url) => (document.querySelector('#preview').src = url));
        await container.spawn('node', ['s.js']);
      });
      await page.frameLocator('#preview').getByText('shown').waitFor();
    },
  },
  {
    name: 'mode: the service worker isolates the page, with one reload',
    isolation: false,
    run: async (page) => {
      const loads = [];
      page.on('load', () => loads.push(1));
      await page.goto(new URL('reload.html', page.url()).href);
      await page.waitForFunction(() => globalThis.mode !== undefined);
      assertEqual(await page.evaluate(() => [globalThis.mode, crossOriginIsolated, globalThis.output]), ['shared-memory', true, 'ran\n'], 'what was seen');
      assertEqual(loads.length, 2, 'how often it was loaded');
    },
  },
];
