/** The job: an app that depends on express is mounted, installed, served, seen in a preview, and ended. */
import { assertEqual, assertIncludes } from './harness.mjs';

const HELLO = 'Hello from Express';

/** With either interface; `name` is the class. */
async function job(page, name) {
  const seen = await page.evaluate(async (name) => {
    const library = await import('/index.js');
    const container = await library[name].boot({ registry: '/registry/' });
    globalThis.container = container;
    await container.mount(await (await fetch('/example/express')).json());
    const install = await container.spawn('npm', ['install']);
    let chunks = 0;
    let installed = '';
    await install.output.pipeTo(new WritableStream({ write: (text) => { chunks++; installed += text; } }));
    const installCode = await install.exit;
    const ready = new Promise((resolve) => container.on('server-ready', (port, url) => resolve({ port, url })));
    const ports = [];
    container.on('port', (port, type) => ports.push([port, type]));
    const server = await container.spawn('node', ['server.js']);
    let said = '';
    const reading = server.output.pipeTo(new WritableStream({ write: (text) => void (said += text) }));
    // A server that ends instead of listening must not leave the check waiting.
    const either = await Promise.race([ready, server.exit.then((code) => ({ code }))]);
    if ('code' in either) {
      await reading;
      return { installCode, installed, chunks, said, ...either };
    }
    globalThis.server = { server, ports, reading };
    document.querySelector('#preview').src = either.url;
    return { installCode, installed, chunks, port: either.port };
  }, name);
  assertEqual(seen.installCode, 0, `npm install (it said ${seen.installed})`);
  assertIncludes(seen.installed, 'added', 'the output of npm install');
  assertEqual(seen.code, undefined, `node server.js ended (it said ${seen.said})`);
  assertEqual(seen.port, 3000, 'the port');

  const frame = page.frameLocator('#preview');
  assertIncludes(await frame.locator('h1').textContent(), HELLO, 'the preview');

  const ended = await page.evaluate(async () => {
    const { server, ports, reading } = globalThis.server;
    server.kill();
    const code = await server.exit;
    await reading;
    return { code, ports };
  });
  assertEqual(ended.code, name === 'WebContainer' ? 137 : 143, 'the exit code of a server that was killed');
  assertEqual(ended.ports, [[3000, 'open'], [3000, 'close']], 'the port events');
}

export const checks = [
  { name: 'job: OpenAgentsContainer installs express, serves it and shows it', run: (page) => job(page, 'OpenAgentsContainer') },
  { name: 'job: WebContainer does the same', run: (page) => job(page, 'WebContainer') },
  {
    name: 'job: node runs a script, with arguments, environment and input',
    run: async (page) => {
      const result = await page.evaluate(async () => {
        const { OpenAgentsContainer } = await import('/index.js');
        const container = await OpenAgentsContainer.boot({ serviceWorker: false });
        await container.mount({
          'echo.js': { file: { contents: "process.stdin.on('data', (d) => process.stdout.write(process.argv[2] + process.env.X + d)).on('end', () => process.exit(3))" } },
        });
        const node = await container.spawn('node', ['echo.js', 'argument '], { env: { X: 'variable ' } });
        const writer = node.input.getWriter();
        await writer.write('input');
        await writer.close();
        let text = '';
        for await (const chunk of node.output) text += chunk;
        return { text, code: await node.exit };
      });
      assertEqual(result, { text: 'argument variable input', code: 3 }, 'the script');
    },
  },
  {
    name: 'job: npm start runs the script through the shell, and a kill ends all of them',
    run: async (page) => {
      const result = await page.evaluate(async () => {
        const { OpenAgentsContainer } = await import('/index.js');
        const container = await OpenAgentsContainer.boot({ serviceWorker: false });
        await container.mount({
          'package.json': { file: { contents: '{ "name": "a", "version": "1.0.0", "scripts": { "start": "echo begins && node s.js" } }' } },
          's.js': { file: { contents: "require('http').createServer((q, r) => r.end('up')).listen(3000)" } },
        });
        const event = (type) => new Promise((resolve) => container.on('port', (port, now) => now === type && resolve(port)));
        const [opened, closed] = [event('open'), event('close')];
        const npm = await container.spawn('npm', ['start'], { merged: true });
        let text = '';
        const reading = npm.output.pipeTo(new WritableStream({ write: (chunk) => void (text += chunk) }));
        await Promise.race([opened, npm.exit.then((code) => Promise.reject(new Error(`npm start ended with ${code}: ${text}`)))]);
        const answer = await (await container.fetch(3000)).text();
        npm.kill('SIGKILL');
        await Promise.all([closed, reading]);
        return { answer, code: await npm.exit, begins: text.includes('begins') };
      });
      assertEqual(result, { answer: 'up', code: 137, begins: true }, 'the server, and its end');
    },
  },
];
