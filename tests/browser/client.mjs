/** The unmodified client of `@webcontainer/api`, as its package has it, with this package behind its frame. */
import { assertEqual, assertIncludes } from './harness.mjs';

export const checks = [
  {
    name: 'client: the original client boots, mounts, watches, spawns, installs, serves and exports',
    run: async (page) => {
      const seen = await page.evaluate(async () => {
        globalThis.WEBCONTAINER_API_IFRAME_URL = location.origin;
        const { WebContainer } = await import('/vendor/webcontainer-api/index.js');
        const container = await WebContainer.boot({ coep: 'require-corp', workdirName: 'shop', forwardPreviewErrors: true });
        const twice = await WebContainer.boot().catch((error) => error.message);
        await container.mount(await (await fetch('/example/express')).json());
        await container.mount({ bytes: { file: { contents: new Uint8Array([0, 255]) } }, link: { file: { symlink: 'bytes' } } }, { mountPoint: 'more' });
        const changes = [];
        const watcher = container.fs.watch('.', { recursive: true }, (event, name) => changes.push(`${event} ${name}`));
        await container.fs.writeFile('a.txt', 'text');
        await container.fs.mkdir('x/y', { recursive: true });
        const entries = (await container.fs.readdir('.', { withFileTypes: true })).map((entry) => [entry.name, entry.isDirectory()]);
        const missing = await container.fs.readFile('none').catch((error) => [error.name, error.message, error.code]);
        const install = await container.spawn('npm', ['install']);
        let installed = '';
        install.output.pipeTo(new WritableStream({ write: (text) => void (installed += text) }));
        const code = await install.exit;
        const ready = new Promise((resolve) => container.on('server-ready', (port, url) => resolve({ port, url })));
        const server = await container.spawn('node', ['server.js'], { terminal: { cols: 80, rows: 24 } });
        const { port, url } = await ready;
        document.querySelector('#preview').src = url;
        server.resize({ cols: 100, rows: 30 });
        const shell = await container.spawn('sh', [], { env: { A: '1' } });
        const writer = shell.input.getWriter();
        let said = '';
        shell.output.pipeTo(new WritableStream({ write: (text) => void (said += text) }));
        await writer.write('echo $A-$A; exit 4\n');
        const exit = await shell.exit;
        const tree = await container.export('more');
        const binary = await container.export('more', { format: 'binary' });
        watcher.close();
        globalThis.container = container;
        globalThis.server = server;
        return {
          twice, workdir: container.workdir, entries, missing, code, installed, port, exit, said, changed: changes.includes('rename a.txt'),
          bytes: [...tree.bytes.file.contents], link: tree.link.file.symlink, binary: binary instanceof Uint8Array, text: await container.fs.readFile('a.txt', 'utf8'),
        };
      });
      assertIncludes(seen.installed, 'added', 'npm install');
      assertIncludes(seen.said, '1-1', 'the shell');
      const { installed: _, said: __, ...rest } = seen;
      assertEqual(
        rest,
        {
          twice: 'Only a single WebContainer instance can be booted', workdir: '/home/shop',
          entries: [['a.txt', false], ['more', true], ['package.json', false], ['server.js', false], ['x', true]],
          missing: ['ContainerError', "ENOENT: no such file or directory, open '/home/shop/none'", 'ENOENT'], code: 0, port: 3000, exit: 4, changed: true,
          bytes: [0, 255], link: 'bytes', binary: true, text: 'text',
        },
        'what was seen',
      );
      assertIncludes(await page.frameLocator('#preview').locator('h1').textContent(), 'Hello from Express', 'the preview');
      const ended = await page.evaluate(async () => {
        server.kill();
        const code = await server.exit;
        container.teardown();
        const { WebContainer } = await import('/vendor/webcontainer-api/index.js');
        const again = await WebContainer.boot();
        return [code, await again.fs.readdir('/')];
      });
      assertEqual(ended, [137, []], 'the end, and another boot');
    },
  },
];
