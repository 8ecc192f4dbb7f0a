/** The rows of `@webcontainer/api`'s contract, one after the other, as a program that was written for it would use them. */
import { assertEqual, assertIncludes } from './harness.mjs';

/** Runs `act(container, library)` in the page on a WebContainer of its own. */
const inContainer = (page, act, options = {}) =>
  page.evaluate(
    async ([source, options]) => {
      const library = await import('/index.js');
      const container = await library.WebContainer.boot({ serviceWorker: false, ...options });
      globalThis.readAll = async (stream) => {
        let text = '';
        for await (const chunk of stream) text += chunk;
        return text;
      };
      return (0, eval)(`(${source})`)(container, library);
    },
    [act.toString(), options],
  );

export const checks = [
  {
    name: 'contract: boot names its folder, refuses what is no name, and boots again after a teardown',
    run: async (page) => {
      const seen = await page.evaluate(async () => {
        const { WebContainer, configureAPIKey, auth } = await import('/index.js');
        configureAPIKey('key');
        const refused = [];
        for (const options of [{ workdirName: '/' }, { workdirName: '..' }, { workdirName: '.' }, { coop: 'none' }, { limits: { cpu: 1 } }]) {
          refused.push(await WebContainer.boot(options).then(() => 'booted', (error) => error.code));
        }
        const container = await WebContainer.boot({ coep: 'credentialless', workdirName: 'shop', serviceWorker: false, single: true });
        const second = await WebContainer.boot({ serviceWorker: false, single: true }).catch((error) => error.code);
        const { workdir, path } = container;
        container.teardown();
        const torn = [];
        try { container.teardown(); } catch (error) { torn.push(error.code); }
        torn.push(await container.fs.readdir('/').catch((error) => error.code));
        const again = await WebContainer.boot({ serviceWorker: false, single: true });
        const works = await again.fs.readdir('/');
        let key;
        try { configureAPIKey('late'); } catch (error) { key = error.code; }
        return { refused, workdir, path, second, torn, works, key, auth: auth.init({ clientId: 'a', scope: '' }) };
      });
      assertEqual(
        seen,
        {
          refused: Array(5).fill('ERR_INVALID_ARGUMENT'), workdir: '/home/shop', path: '/usr/local/bin:/usr/bin:/bin', second: 'ERR_ALREADY_BOOTED',
          torn: ['ERR_TORN_DOWN', 'ERR_TORN_DOWN'], works: [], key: 'ERR_ALREADY_BOOTED', auth: { status: 'authorized' },
        },
        'what was seen',
      );
    },
  },
  {
    name: 'contract: spawn takes args, cwd, env and a terminal, which is told its size',
    run: async (page) => {
      const seen = await inContainer(page, async (container) => {
        await container.mount({ sub: { directory: { 'a.js': { file: { contents: '' } } } } });
        const print = async (code, options) => {
          const process = await container.spawn('node', ['-e', code], options);
          const [text, exit] = [await readAll(process.output), await process.exit];
          return [text, exit];
        };
        const plain = await print('console.log(process.cwd(), process.env.A, process.env.B, process.env.C); process.exit(7)', { cwd: 'sub', env: { A: 'a', B: 2, C: true } });
        const size = await print('console.log(process.stdout.columns, process.stdout.rows, process.stdout.isTTY); console.error("e")', { env: { NO_COLOR: 1 }, terminal: { cols: 100, rows: 30 } });
        const silent = await container.spawn('node', ['-e', 'console.log(1)'], { output: false });
        const code = await silent.exit;
        const nothing = await Promise.race([silent.output.getReader().read(), new Promise((resolve) => setTimeout(() => resolve('nothing'), 50))]);
        const resized = await container.spawn('node', ['-e', "process.stdout.on('resize', () => { console.log(process.stdout.columns + 'x' + process.stdout.rows); process.exit(0) }); setInterval(() => 0, 1000); console.log('up')"], { terminal: { cols: 80, rows: 24 } });
        const reader = resized.output.getReader();
        let text = '';
        while (!text.includes('up')) text += (await reader.read()).value;
        resized.resize({ cols: 120, rows: 40 });
        for (let next = await reader.read(); !next.done; next = await reader.read()) text += next.value;
        const unknown = await container.spawn('none').catch((error) => error.code);
        return { plain, size, code, nothing, text, unknown };
      });
      assertEqual(
        seen,
        { plain: ['/home/project/sub a 2 true\n', 7], size: ['100 30 true\r\ne\r\n', 0], code: 0, nothing: 'nothing', text: 'up\r\n120x40\r\n', unknown: 'ENOENT' },
        'what was seen',
      );
    },
  },
  {
    name: 'contract: input reaches the program, Ctrl-C interrupts it, its end ends it, kill kills it',
    run: async (page) => {
      const seen = await inContainer(page, async (container) => {
        const echo = await container.spawn('node', ['-e', "process.stdin.on('data', (d) => console.log('got ' + d)).on('end', () => console.log('end'))"]);
        const writer = echo.input.getWriter();
        await writer.write('one\n');
        await writer.close();
        const text = await readAll(echo.output);
        const interrupted = await container.spawn('node', ['-e', "console.log('up'); setInterval(() => 0, 1000)"]);
        const reader = interrupted.output.getReader();
        await reader.read();
        const keys = interrupted.input.getWriter();
        await keys.write('\x03');
        const busy = await container.spawn('node', ['-e', 'for (;;);']);
        busy.kill();
        busy.kill();
        return { text, interrupted: await interrupted.exit, killed: await busy.exit };
      });
      assertIncludes(seen.text, 'got one', 'the output');
      assertIncludes(seen.text, 'end', 'the output');
      assertEqual([seen.interrupted, seen.killed], [130, 137], 'the exit codes');
    },
  },
  {
    name: 'contract: a tree with every kind of entry is mounted, where it is wanted, and exported as json, binary and zip',
    run: async (page) => {
      const seen = await inContainer(page, async (container) => {
        const tree = {
          'a.txt': { file: { contents: 'text' } },
          bytes: { file: { contents: new Uint8Array([0, 255, 1]) } },
          link: { file: { symlink: 'a.txt' } },
          empty: { directory: {} },
          deep: { directory: { node_modules: { directory: { 'x.js': { file: { contents: '1' } }, 'keep.js': { file: { contents: '2' } } } } } },
        };
        const missing = await container.mount(tree, { mountPoint: 'at' }).then(() => 'made', (error) => error.code);
        const json = await container.export('at', { format: 'json' });
        const filtered = await container.export('at', { excludes: ['node_modules', '*.txt'], includes: ['**/keep.js'] });
        const binary = await container.export('at', { format: 'binary' });
        await container.mount(binary, { mountPoint: '/back' });
        await container.mount(binary.buffer, { mountPoint: 'buffer' });
        const back = await container.export('back');
        const zip = await container.export('at', { format: 'zip' });
        const file = await container.export('at/a.txt').catch((error) => error.code);
        const one = new TextDecoder().decode(await container.export('at/a.txt', { format: 'binary' }));
        await container.fs.writeFile('/out.zip', zip);
        const wrong = [];
        for (const bytes of [new Uint8Array([1, 2, 3]), binary.slice(0, -3), new TextEncoder().encode('{"d":')]) {
          wrong.push(await container.mount(bytes).catch((error) => error.code));
        }
        return {
          missing, file, one, wrong, binaryIsBytes: binary instanceof Uint8Array,
          same: JSON.stringify(json) === JSON.stringify(back), bytes: [...json.bytes.file.contents], link: json.link.file.symlink, empty: json.empty,
          filtered: JSON.stringify(filtered), zip: [zip[0], zip[1]], zipped: [...zip],
          buffer: await container.fs.readdir('buffer'),
        };
      });
      const { zipped, ...rest } = seen;
      assertEqual(
        rest,
        {
          missing: 'made', file: 'ENOTDIR', one: 'text', wrong: Array(3).fill('ERR_INVALID_ARGUMENT'), binaryIsBytes: true, same: true,
          bytes: [0, 255, 1], link: 'a.txt', empty: { directory: {} },
          filtered: '{"bytes":{"file":{"contents":{"0":0,"1":255,"2":1}}},"deep":{"directory":{"node_modules":{"directory":{"keep.js":{"file":{"contents":"2"}}}}}},"empty":{"directory":{}},"link":{"file":{"symlink":"a.txt"}}}',
          zip: [0x50, 0x4b], buffer: ['a.txt', 'bytes', 'deep', 'empty', 'link'],
        },
        'what was seen',
      );
      await checkZip(Uint8Array.from(zipped));
    },
  },
  {
    name: 'contract: fs has the encodings, the types, and errors as Node has them',
    run: async (page) => {
      const seen = await inContainer(page, async ({ fs }) => {
        await fs.writeFile('a', 'aGk=', 'base64');
        await fs.writeFile('b', new Uint8Array([104, 105]));
        await fs.writeFile('c', 'ff', { encoding: 'hex' });
        const made = await fs.mkdir('d/e/f', { recursive: true });
        await fs.mkdir('plain');
        await fs.rename('b', 'd/b');
        const errors = [];
        for (const call of [() => fs.readFile('none'), () => fs.mkdir('plain'), () => fs.rm('plain'), () => fs.rm('none'), () => fs.rename('none', 'x'), () => fs.readdir('a')]) {
          errors.push(await call().then(() => 'fine', (error) => error.code));
        }
        await fs.rm('none', { force: true });
        await fs.rm('d', { recursive: true });
        const entries = await fs.readdir('.', { withFileTypes: true });
        return {
          made, errors, text: await fs.readFile('a', 'utf-8'), bytes: [...(await fs.readFile('c'))], names: await fs.readdir('/'),
          buffers: (await fs.readdir('.', 'buffer')).map((name) => [...name]), kinds: entries.map((entry) => [entry.name, entry.isFile(), entry.isDirectory()]),
          absolute: await fs.readFile('/home/project/a', 'latin1'),
        };
      });
      assertEqual(
        seen,
        {
          made: '/home/project/d/e/f', errors: ['ENOENT', 'EEXIST', 'EISDIR', 'ENOENT', 'ENOENT', 'ENOTDIR'], text: 'hi', bytes: [255],
          names: ['a', 'c', 'plain'], buffers: [[97], [99], [112, 108, 97, 105, 110]], kinds: [['a', true, false], ['c', true, false], ['plain', false, true]], absolute: 'hi',
        },
        'what was seen',
      );
    },
  },
  {
    name: 'contract: fs.watch hears of files and, recursively, of what is in folders that come',
    run: async (page) => {
      const seen = await inContainer(page, async (container) => {
        const { fs } = container;
        await fs.mkdir('src/deep', { recursive: true });
        await fs.writeFile('src/a', '1');
        const heard = { file: [], flat: [], deep: [], buffer: [] };
        const until = async (condition) => { while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5)); };
        fs.watch('src/a', (event, name) => heard.file.push(`${event} ${name}`));
        const flat = fs.watch('src', (event, name) => heard.flat.push(`${event} ${name}`));
        fs.watch('src', { recursive: true }, (event, name) => heard.deep.push(`${event} ${name}`));
        fs.watch('src', { encoding: 'buffer' }, (event, name) => heard.buffer.push(name instanceof Uint8Array));
        await fs.writeFile('src/a', '22');
        await fs.writeFile('src/deep/b', '1');
        await fs.mkdir('src/new/inner', { recursive: true });
        await fs.writeFile('src/new/inner/c', '1');
        const shell = await container.spawn('sh', ['-c', `echo x > src/by-program; node -e "fs.rmSync('src/a')"`]);
        await shell.exit;
        await until(() => heard.deep.includes('rename src/a') || heard.deep.includes('rename a'));
        flat.close();
        const count = heard.flat.length;
        await fs.writeFile('src/late', '1');
        await until(() => heard.deep.includes('rename late'));
        return { ...heard, closed: heard.flat.length === count };
      });
      for (const line of ['change a', 'rename deep/b', 'change deep/b', 'rename new', 'rename new/inner', 'rename new/inner/c', 'rename by-program', 'rename a', 'rename late']) {
        if (!seen.deep.includes(line)) throw new Error(`recursive: no '${line}' in ${seen.deep}`);
      }
      for (const line of ['change a', 'rename new', 'rename by-program']) if (!seen.flat.includes(line)) throw new Error(`no '${line}' in ${seen.flat}`);
      assertEqual(seen.flat.some((line) => line.includes('/')), false, 'one level only');
      assertEqual(seen.file.every((line) => line.endsWith(' a')) && seen.file.includes('change a'), true, 'the file');
      assertEqual([seen.buffer[0], seen.closed], [true, true], 'buffers, and a closed watch');
    },
  },
  {
    name: 'contract: xdg-open and code are told to the page',
    run: async (page) => {
      const seen = await inContainer(page, async (container) => {
        const heard = [];
        const done = new Promise((resolve) => {
          container.on('xdg-open', (text) => heard.push(['open', text]));
          container.on('code', (type, event) => {
            heard.push([type, event]);
            if (type === 'diff') resolve();
          });
        });
        const shell = await container.spawn('sh', ['-c', 'xdg-open http://localhost:3000/; code -g src/a.js:3:7; code --diff a b']);
        const code = await shell.exit;
        await done;
        return [code, heard];
      });
      assertEqual(
        seen,
        [0, [['open', 'http://localhost:3000/'], ['open', { files: [{ filepath: '/home/project/src/a.js', line: 3, column: 7 }] }], ['diff', { files: [{ filepath: '/home/project/a' }, { filepath: '/home/project/b' }] }]]],
        'what was heard',
      );
    },
  },
  {
    name: 'contract: a listener that unsubscribed hears no more, an event that there is not is refused',
    run: async (page) => {
      const seen = await inContainer(page, async (container) => {
        const ports = [];
        const stop = container.on('port', (port, type, url) => ports.push([port, type, url]));
        const server = await container.spawn('node', ['-e', "const s = require('http').createServer((q, r) => r.end()).listen(3000, () => s.close(() => require('http').createServer(() => 0).listen(3001)))"]);
        await new Promise((resolve) => container.on('port', (port) => port === 3001 && resolve()));
        stop();
        server.kill();
        await server.exit;
        let code;
        try { container.on('ready', () => undefined); } catch (error) { code = error.code; }
        return { ports, code };
      });
      assertEqual(seen, { ports: [[3000, 'open', ''], [3000, 'close', ''], [3001, 'open', '']], code: 'ERR_INVALID_ARGUMENT' }, 'what was heard');
    },
  },
  {
    name: 'contract: internal has paths watched, and files and texts searched',
    run: async (page) => {
      const seen = await inContainer(page, async (container) => {
        await container.mount({ 'a.js': { file: { contents: 'one\nlet two = 2\n' } }, node_modules: { directory: { 'b.js': { file: { contents: 'two' } } } } });
        const text = await container.internal.textSearch('TWO', { folders: [container.workdir] });
        const files = await container.internal.fileSearch('ajs');
        const events = [];
        const { promise, resolve } = Promise.withResolvers();
        const stop = container.internal.watchPaths({ include: [`${container.workdir}/**`], exclude: ['**/node_modules', '.git'], includeContent: true }, (list) => {
          for (const { type, path, buffer } of list) events.push([type, path, buffer && new TextDecoder().decode(buffer)]);
          if (list.some(({ path }) => path.endsWith('c.js'))) resolve();
        });
        await new Promise((done) => setTimeout(done, 50));
        await container.fs.writeFile('node_modules/n.js', '');
        await container.fs.writeFile('c.js', 'c');
        await promise;
        stop();
        return { text: [...text], files, events: events.filter(([type]) => type === 'add_file') };
      });
      assertEqual(seen.text, [['/home/project/a.js', [{ preview: { text: 'let two = 2', matches: [{ startLineNumber: 0, startColumn: 4, endLineNumber: 0, endColumn: 7 }] }, ranges: [{ startLineNumber: 1, startColumn: 4, endLineNumber: 1, endColumn: 7 }] }]]], 'the texts');
      assertEqual(seen.files, ['/home/project/a.js'], 'the files');
      assertEqual(seen.events.map(([, path]) => path), ['/home/project/a.js', '/home/project/c.js'], 'the files that were told');
    },
  },
];

/** Read by the platform's own decompressor, entry by entry. */
async function checkZip(zip) {
  const view = new DataView(zip.buffer);
  const end = zip.length - 22;
  let at = view.getUint32(end + 16, true);
  const names = {};
  for (let entry = 0; entry < view.getUint16(end + 10, true); entry++) {
    const [method, size, nameLength] = [view.getUint16(at + 10, true), view.getUint32(at + 20, true), view.getUint16(at + 28, true)];
    const name = new TextDecoder().decode(zip.subarray(at + 46, at + 46 + nameLength));
    const local = view.getUint32(at + 42, true);
    const data = zip.subarray(local + 30 + view.getUint16(local + 26, true), local + 30 + view.getUint16(local + 26, true) + size);
    const bytes = method === 0 ? data : new Uint8Array(await new Response(new Blob([data]).stream().pipeThrough(new DecompressionStream('deflate-raw'))).arrayBuffer());
    names[name] = new TextDecoder('latin1').decode(bytes);
    at += 46 + nameLength;
  }
  assertEqual(
    names,
    { 'a.txt': 'text', bytes: '\x00ÿ\x01', 'deep/': '', 'deep/node_modules/': '', 'deep/node_modules/keep.js': '2', 'deep/node_modules/x.js': '1', 'empty/': '', link: 'a.txt' },
    'the entries of the zip archive',
  );
}
