/** What is only seen over time: what stays behind, and whether the page stutters. */
import { assertEqual } from './harness.mjs';

export const checks = [
  {
    name: 'endurance: twenty boots and teardowns leave nothing behind',
    run: async (page) => {
      const workers = new Set();
      page.on('worker', (worker) => {
        workers.add(worker);
        worker.on('close', () => workers.delete(worker));
      });
      await page.evaluate(async () => {
        const { OpenAgentsContainer } = await import('/index.js');
        for (let round = 0; round < 20; round++) {
          const container = await OpenAgentsContainer.boot();
          const { stdout } = await container.exec(`echo ${round}`);
          if (stdout !== `${round}\n`) throw new Error(`round ${round} said ${stdout}`);
          container.teardown();
        }
      });
      while (workers.size > 0) await new Promise((resolve) => workers.values().next().value?.on('close', resolve) ?? resolve());
      assertEqual(workers.size, 0, 'the workers that are left');
    },
  },
  {
    name: 'endurance: from boot to preview, no task of the page takes 50 ms',
    chromium: 'the Long Tasks API is Chromium’s alone',
    run: async (page) => {
      // Once to have the files in the cache: what is measured is the package, not a first compilation of the page's own modules.
      await page.goto(new URL('blank.html?jank', page.url()).href);
      const long = await page.evaluate(async () => {
        const tasks = [];
        const { OpenAgentsContainer } = await import('/index.js');
        new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration, startTime }) => [Math.round(duration), Math.round(startTime)]))).observe({ type: 'longtask' });
        const container = await OpenAgentsContainer.boot({ registry: '/registry/' });
        await container.mount(await (await fetch('/example/express')).json());
        const install = await container.exec('npm install');
        if (install.exitCode !== 0) throw new Error(install.stderr);
        const frame = document.querySelector('#preview');
        const shown = new Promise((resolve) => (frame.onload = resolve));
        container.on('server-ready', (_, url) => (frame.src = url));
        await container.spawn('node', ['server.js']);
        await shown;
        return tasks;
      });
      assertEqual(long, [], 'the long tasks: [ms, at]');
    },
  },
  {
    name: 'endurance: a task that crashes takes nothing along, whatever runs beside it',
    run: async (page) => {
      const seen = await page.evaluate(async () => {
        const { OpenAgentsContainer } = await import('/index.js');
        const container = await OpenAgentsContainer.boot({ serviceWorker: false, limits: { memoryBytes: 160 << 20 } });
        await container.mount({ 's.js': { file: { contents: "require('http').createServer((q, r) => r.end('up')).listen(3000)" } } });
        const ready = new Promise((resolve) => container.on('server-ready', resolve));
        await container.spawn('node', ['s.js']);
        await ready;
        const greedy = await container.spawn('node', ['-e', 'const kept = []; for (;;) { kept.push(new Uint8Array(8 << 20).fill(1)); require("fs").existsSync("/") }']);
        const code = await greedy.exit;
        return { code, reason: await greedy.exitReason(), up: await (await container.fetch(3000)).text(), next: (await container.exec('node -p 1+1')).stdout };
      });
      assertEqual([seen.code > 128, seen.up, seen.next], [true, 'up', '2\n'], `what was seen (${JSON.stringify(seen)})`);
    },
  },
  {
    name: 'endurance: limits and capabilities hold in the page',
    run: async (page) => {
      const seen = await page.evaluate(async () => {
        const { OpenAgentsContainer } = await import('/index.js');
        const code = (promise) => promise.then(() => 'fine', (error) => error.code);
        const slow = await OpenAgentsContainer.boot({ serviceWorker: false, limits: { cpuMs: 400 } });
        const loop = await slow.spawn('node', ['-e', 'for (;;);']);
        const spent = [await loop.exit, await loop.exitReason(), await code(slow.spawn('node', ['-e', '0']))];
        slow.teardown();
        const full = await OpenAgentsContainer.boot({ serviceWorker: false, limits: { diskBytes: 1 << 20, fileBytes: 600_000 } });
        const disk = [await code(full.fs.writeFile('a', new Uint8Array(500_000))), await code(full.fs.writeFile('b', new Uint8Array(2 << 20)))];
        full.teardown();
        const held = await OpenAgentsContainer.boot({ serviceWorker: false, capabilities: { filesystem: { write: ['/work'] }, process: { spawn: ['sh', 'node'], env: ['PATH', 'A'] } } });
        const write = await held.exec('node', ['-e', "try { fs.writeFileSync('/etc/x', '') } catch (e) { console.log(e.code) } fs.writeFileSync('/work/x', ''); console.log(process.env.A, process.env.B)"], { env: { A: 1, B: 2 } });
        const spawned = await held.exec('npm --version').then(({ exitCode }) => exitCode, (error) => error.code);
        held.teardown();
        return { spent, disk, write: write.stdout, spawned };
      });
      assertEqual(seen.spent[0], 137, 'the loop');
      assertEqual([seen.spent[2], seen.disk, seen.write, seen.spawned], ['EAGAIN', ['fine', 'ENOSPC'], 'EACCES\n1 undefined\n', 126], `what was seen (${JSON.stringify(seen)})`);
    },
  },
  {
    name: 'endurance: exec, signals, snapshots, forks, batches and streams',
    run: async (page) => {
      const seen = await page.evaluate(async () => {
        const { OpenAgentsContainer } = await import('/index.js');
        const code = (promise) => promise.then(() => 'fine', (error) => (typeof error.code === 'string' ? error.code : error.name));
        const container = await OpenAgentsContainer.boot({ serviceWorker: false });
        const { fs } = container;
        const abort = new AbortController();
        const aborted = code(container.exec('node', ['-e', 'for (;;);'], { signal: abort.signal }));
        abort.abort();
        const results = await fs.batch((b) => b.mkdir('src').writeFile('src/a', 'one').appendFile('src/a', ' two').chmod('src/a', 0o755).readFile('src/a'));
        const failed = await code(fs.batch((b) => b.writeFile('first', '1').rm('none').writeFile('never', '')));
        const writer = fs.createWriteStream('streamed').getWriter();
        for (let piece = 0; piece < 3; piece++) await writer.write(String(piece).repeat(100_000));
        await writer.close();
        let length = 0;
        for await (const chunk of fs.createReadStream('streamed', { start: 99_999, end: 200_000 })) length += chunk.length;
        await fs.symlink('src/a', 'link');
        const saved = await container.snapshot();
        const fork = await container.fork();
        await fs.writeFile('src/a', 'changed');
        const restored = await OpenAgentsContainer.restore(saved, { serviceWorker: false });
        const mode = (await restored.fs.stat('src/a')).mode & 0o777;
        return {
          aborted: await aborted, read: new TextDecoder().decode(results[4]), failed, names: await fs.readdir('.'), length,
          fork: await fork.fs.readFile('link', 'utf8'), restored: await restored.fs.readFile('src/a', 'utf8'), mode: mode.toString(8),
          ran: (await restored.exec('node', ['-p', '6*7'])).stdout, refused: await code(OpenAgentsContainer.boot({ signal: AbortSignal.abort() })),
          execute: (await container.execute('import os from "node:os"; console.log(os.platform(), await 1)')).stdout,
          missing: await container.exec('none-such').then(({ exitCode }) => exitCode), real: await fs.realpath('link'),
        };
      });
      assertEqual(
        seen,
        {
          aborted: 'AbortError', read: 'one two', failed: 'ENOENT', names: ['first', 'link', 'src', 'streamed'], length: 100_002, fork: 'one two', restored: 'one two',
          mode: '755', ran: '42\n', refused: 'AbortError', execute: 'linux 1\n', missing: 127, real: '/work/src/a',
        },
        'what was seen',
      );
    },
  },
];
