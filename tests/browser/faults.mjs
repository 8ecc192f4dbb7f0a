/** What goes wrong stays where it is, and says what it is. */
import { assertEqual, assertIncludes } from './harness.mjs';
import { RECURSES, RETURNS, SPINS, TRAPS } from './programs.mjs';

/** Boots without previews, installs a program, and gives what `use` gives. */
async function withProgram(page, bytes, use) {
  await page.evaluate(async (bytes) => {
    const { OpenAgentsContainer } = await import('/index.js');
    const container = await OpenAgentsContainer.boot({ serviceWorker: false });
    await container.fs.writeFile('/bin/thing', new Uint8Array(bytes));
    await container.fs.chmod('/bin/thing', 0o755);
    globalThis.container = container;
  }, bytes);
  return page.evaluate(use);
}

/** Waits for the error of a promise in the page. */
const failure = async (page, make) => page.evaluate(make);

export const checks = [
  {
    name: 'fault: a page that is to be isolated and is not is told which headers it lacks',
    isolation: false,
    run: async (page) => {
      const error = await failure(page, async () => {
        const { OpenAgentsContainer } = await import('/index.js');
        return OpenAgentsContainer.boot({ isolation: 'required' }).then(() => 'booted', ({ name, code, message }) => ({ name, code, message }));
      });
      assertEqual(error.code, 'ERR_NOT_ISOLATED', 'the code');
      assertIncludes(error.message, 'Cross-Origin-Opener-Policy: same-origin', 'the message');
      assertIncludes(error.message, 'Cross-Origin-Embedder-Policy: require-corp', 'the message');
    },
  },
  {
    name: 'fault: a service worker that is not there is named',
    run: async (page) => {
      const error = await failure(page, async () => {
        const { OpenAgentsContainer } = await import('/index.js');
        return OpenAgentsContainer.boot({ serviceWorker: '/nowhere.js' }).then(() => 'booted', ({ code, message }) => ({ code, message }));
      });
      assertEqual(error.code, 'ERR_SERVICE_WORKER', 'the code');
      assertIncludes(error.message, '/nowhere.js', 'the message');
    },
  },
  {
    name: 'fault: a file of the package that is missing is named',
    run: async (page, { absent }) => {
      for (const file of ['kernel-worker.js', 'task-worker.js', 'kernel/oac_web_bg.wasm']) {
        absent.add(`/${file}`);
        const error = await failure(page, async () => {
          const { OpenAgentsContainer } = await import('/index.js');
          const heard = Promise.withResolvers();
          const container = OpenAgentsContainer.boot({ serviceWorker: false });
          void container.then((container) => container.on('error', heard.resolve), heard.resolve);
          return heard.promise.then(({ code, message }) => ({ code, message }));
        });
        assertEqual(error.code, 'ERR_LOAD', `the code (${error.message})`);
        assertIncludes(error.message, file, 'the message');
        absent.delete(`/${file}`);
      }
    },
  },
  {
    name: 'fault: a program that is not there is ENOENT, one that is no program ENOEXEC, one that may not run EACCES',
    run: async (page) => {
      const codes = await page.evaluate(async () => {
        const { OpenAgentsContainer } = await import('/index.js');
        const container = await OpenAgentsContainer.boot({ serviceWorker: false });
        await container.fs.writeFile('/work/text', 'not a program');
        const code = (program) => container.spawn(program).then(() => 'started', (error) => error.code);
        const codes = [await code('no-such-program'), await code('/work/text')];
        await container.fs.chmod('/work/text', 0o755);
        return [...codes, await code('/work/text')];
      });
      assertEqual(codes, ['ENOENT', 'EACCES', 'ENOEXEC'], 'the codes');
    },
  },
  {
    name: 'fault: a trap ends its task alone',
    run: async (page) => {
      const seen = await withProgram(page, TRAPS, async () => {
        const codes = [];
        for (let round = 0; round < 3; round++) codes.push(await (await container.spawn('thing')).exit);
        return { codes, file: await container.fs.readFile('/bin/thing').then((bytes) => bytes.length > 0) };
      });
      assertEqual(seen, { codes: [134, 134, 134], file: true }, 'exit codes of `unreachable`, and the container');
    },
  },
  {
    name: 'fault: an endless recursion ends its task alone',
    run: async (page) => {
      const code = await withProgram(page, RECURSES, async () => (await container.spawn('thing')).exit);
      assertEqual(code, 139, 'the exit code');
    },
  },
  {
    name: 'fault: a busy task can be killed, and others run on meanwhile',
    run: async (page) => {
      const seen = await withProgram(page, SPINS, async () => {
        const busy = [await container.spawn('thing'), await container.spawn('thing')];
        await container.fs.writeFile('/work/meanwhile', 'written');
        const text = await container.fs.readFile('/work/meanwhile', 'utf8');
        busy[0].kill();
        busy[1].kill('SIGKILL');
        return { text, codes: [await busy[0].exit, await busy[1].exit] };
      });
      assertEqual(seen, { text: 'written', codes: [143, 137] }, 'what was done meanwhile, and the exit codes');
    },
  },
  {
    name: 'fault: tasks that are killed before they began',
    run: async (page) => {
      const codes = await withProgram(page, SPINS, async () => {
        const tasks = await Promise.all(
          Array.from({ length: 6 }, async () => {
            const task = await container.spawn('thing');
            task.kill('SIGKILL');
            return task;
          }),
        );
        return Promise.all(tasks.map((task) => task.exit));
      });
      assertEqual(codes, Array(6).fill(137), 'the exit codes');
    },
  },
  {
    name: 'fault: more tasks than warm workers, and each gets its turn',
    run: async (page) => {
      const codes = await withProgram(page, RETURNS, async () => {
        const tasks = await Promise.all(Array.from({ length: 12 }, () => container.spawn('thing')));
        return Promise.all(tasks.map((task) => task.exit));
      });
      assertEqual(codes, Array(12).fill(0), 'the exit codes');
    },
  },
  {
    name: 'fault: after teardown every call fails by name, and the page can boot again',
    run: async (page) => {
      const seen = await withProgram(page, SPINS, async () => {
        const task = await container.spawn('thing');
        container.teardown();
        const code = (promise) => promise.then(() => 'done', (error) => error.code);
        let again;
        try {
          container.teardown();
        } catch (error) {
          again = error.code;
        }
        const codes = [await code(task.exit), await code(container.fs.readFile('/bin/thing')), again];
        const { OpenAgentsContainer } = await import('/index.js');
        const next = await OpenAgentsContainer.boot({ serviceWorker: false });
        return [...codes, await code(next.fs.readFile('/bin/thing'))];
      });
      assertEqual(seen, ['ERR_TORN_DOWN', 'ERR_TORN_DOWN', 'ERR_TORN_DOWN', 'ENOENT'], 'the codes');
    },
  },
  {
    name: 'fault: an exception in node is printed and ends it with 1',
    run: async (page) => {
      const seen = await page.evaluate(async () => {
        const { OpenAgentsContainer } = await import('/index.js');
        const container = await OpenAgentsContainer.boot({ serviceWorker: false });
        const node = await container.spawn('node', ['-e', "throw new TypeError('what now')"]);
        let text = '';
        for await (const chunk of node.stderr.pipeThrough(new TextDecoderStream())) text += chunk;
        return { text, code: await node.exit };
      });
      assertEqual(seen.code, 1, 'the exit code');
      assertIncludes(seen.text, 'TypeError: what now', 'stderr');
    },
  },
  {
    name: 'fault: a package that does not exist is named',
    run: async (page) => {
      const seen = await page.evaluate(async () => {
        const { OpenAgentsContainer } = await import('/index.js');
        const container = await OpenAgentsContainer.boot({ serviceWorker: false, registry: '/registry/' });
        await container.mount({ 'package.json': { file: { contents: '{"dependencies":{"oac-no-such-package-anywhere":"1.0.0"}}' } } });
        const npm = await container.spawn('npm', ['install']);
        let text = '';
        for await (const chunk of npm.output) text += chunk;
        return { text, code: await npm.exit };
      });
      assertEqual(seen.code, 1, `the exit code (it said ${seen.text})`);
      assertIncludes(seen.text, 'oac-no-such-package-anywhere', 'the message');
    },
  },
  {
    name: 'fault: npm without network says so',
    run: async (page) => {
      const seen = await page.evaluate(async () => {
        const { OpenAgentsContainer } = await import('/index.js');
        const container = await OpenAgentsContainer.boot({ serviceWorker: false, registry: '/registry/', network: 'none' });
        await container.mount({ 'package.json': { file: { contents: '{"dependencies":{"express":"5.3.0"}}' } } });
        const npm = await container.spawn('npm', ['install']);
        let text = '';
        for await (const chunk of npm.output) text += chunk;
        return { text, code: await npm.exit };
      });
      assertEqual(seen.code, 1, `the exit code (it said ${seen.text})`);
      assertIncludes(seen.text, 'EACCES', 'the message');
    },
  },
  {
    name: 'fault: a port in use is EADDRINUSE',
    run: async (page) => {
      const seen = await page.evaluate(async () => {
        const { OpenAgentsContainer } = await import('/index.js');
        const container = await OpenAgentsContainer.boot({ serviceWorker: false });
        await container.mount({ 's.js': { file: { contents: "require('http').createServer((q, r) => r.end('here')).listen(3000)" } } });
        const ready = new Promise((resolve) => container.on('server-ready', resolve));
        const first = await container.spawn('node', ['s.js']);
        await Promise.race([ready, first.exit]);
        const second = await container.spawn('node', ['s.js']);
        let text = '';
        for await (const chunk of second.output) text += chunk;
        const code = await second.exit;
        const response = await container.fetch(3000, '/');
        return { text, code, answer: await response.text() };
      });
      assertEqual(seen.code, 1, 'the exit code');
      assertIncludes(seen.text, 'EADDRINUSE', 'stderr');
      assertEqual(seen.answer, 'here', 'what the first server says');
    },
  },
];
