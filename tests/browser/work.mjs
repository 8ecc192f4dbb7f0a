/** What people do with Node, in the page: its own modules, tools of real size from the registry, hot reload. */
import { assertEqual, assertIncludes } from './harness.mjs';

const NODE = `
import { createHash, createHmac, generateKeyPairSync, randomUUID, scryptSync, sign, verify, webcrypto } from 'node:crypto';
import { Worker, isMainThread, parentPort } from 'node:worker_threads';
import { gzipSync, gunzipSync, brotliCompressSync, brotliDecompressSync } from 'node:zlib';
import { once } from 'node:events';
const enum_ = (await import('./types.ts')).sum([1, 2, 3]);
const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const signed = sign('sha256', Buffer.from('text'), privateKey);
const worker = new Worker(new URL('./worker.mjs', import.meta.url), { workerData: 20 });
const [fromWorker] = await once(worker, 'message');
const shared = new Int32Array(new SharedArrayBuffer(4));
const waiter = new Worker("const { workerData } = require('worker_threads'); Atomics.store(workerData, 0, 7); Atomics.notify(workerData, 0);", { eval: true, workerData: shared });
Atomics.wait(shared, 0, 0, 20_000);
console.log(JSON.stringify({
  hash: createHash('sha256').update('abc').digest('hex').slice(0, 8), hmac: createHmac('md5', 'k').update('abc').digest('hex').slice(0, 8),
  scrypt: scryptSync('password', 'salt', 8).toString('hex'), verified: verify('sha256', Buffer.from('text'), publicKey, signed), uuid: randomUUID().length,
  subtle: Buffer.from(await webcrypto.subtle.digest('SHA-1', Buffer.from('abc'))).toString('hex').slice(0, 8),
  zlib: [gunzipSync(gzipSync('zip')).toString(), brotliDecompressSync(brotliCompressSync('br')).toString()],
  fromWorker, shared: shared[0], enum_, isMainThread,
}));
`;
const WORKER = "import { parentPort, workerData } from 'node:worker_threads'; const fib = (n) => (n < 2 ? n : fib(n - 1) + fib(n - 2)); parentPort.postMessage(fib(workerData));";

const SHORT = ['npm', ['install', '--no-audit', '--no-fund']];

/** Boots with files, installs, runs a command; gives what it wrote and its exit code. */
const installAndRun = (page, files, command) =>
  page.evaluate(
    async ([files, install, [program, args]]) => {
      const { OpenAgentsContainer } = await import('/index.js');
      const container = await OpenAgentsContainer.boot({ serviceWorker: false, registry: '/registry/' });
      for (const [path, contents] of Object.entries(files)) {
        await container.fs.mkdir(path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '.', { recursive: true });
        await container.fs.writeFile(path, contents);
      }
      const installed = await container.exec(...install);
      if (installed.exitCode !== 0) throw new Error(installed.stderr);
      return container.exec(program, args);
    },
    [files, SHORT, command],
  );

const FUNCTIONS = Array.from({ length: 300 }, (_, at) => `export function f${at}(a, b) {\n  if (a > b) return [a, b].map((x) => x * ${at})\n  return f${Math.max(0, at - 1)}(b, a);\n}\n`).join('');

const VITE = {
  'package.json': JSON.stringify({ name: 'app', private: true, type: 'module', dependencies: { react: '19.2.0', 'react-dom': '19.2.0' }, devDependencies: { vite: '6.4.1', '@vitejs/plugin-react': '4.7.0' } }),
  'vite.config.js': "import react from '@vitejs/plugin-react';\nexport default { plugins: [react()] };\n",
  'index.html': '<!doctype html><html><body><div id="root"></div><script type="module" src="/src/main.jsx"></script></body></html>',
  'src/main.jsx': "import { createRoot } from 'react-dom/client';\nimport App from './App.jsx';\ncreateRoot(document.getElementById('root')).render(<App />);\n",
  'src/App.jsx': "import { useState } from 'react';\nexport default function App() {\n  const [count, setCount] = useState(0);\n  return <h1 onClick={() => setCount(count + 1)}>hello {count}</h1>;\n}\n",
};

export const checks = [
  {
    name: 'work: crypto, zlib, threads, shared memory and types in one program',
    run: async (page) => {
      const seen = await page.evaluate(
        async ([main, worker]) => {
          const { OpenAgentsContainer } = await import('/index.js');
          const container = await OpenAgentsContainer.boot({ serviceWorker: false });
          await container.mount({ 'main.mjs': { file: { contents: main } }, 'worker.mjs': { file: { contents: worker } }, 'types.ts': { file: { contents: 'export const sum = (list: number[]): number => list.reduce((a, b) => a + b, 0);' } } });
          return container.exec('node', ['main.mjs']);
        },
        [NODE, WORKER],
      );
      assertEqual([seen.stderr, seen.exitCode], ['', 0], 'stderr, and the exit code');
      assertEqual(
        JSON.parse(seen.stdout),
        { hash: 'ba7816bf', hmac: '75972c9c', scrypt: '745731af4484f323', verified: true, uuid: 36, subtle: 'a9993e36', zlib: ['zip', 'br'], fromWorker: 6765, shared: 7, enum_: 6, isMainThread: true },
        'what was computed',
      );
    },
  },
  {
    name: 'work: a file that is larger than one call carries is read whole, in every way',
    run: async (page) => {
      const { stdout, stderr } = await page.evaluate(async () => {
        const { OpenAgentsContainer } = await import('/index.js');
        const container = await OpenAgentsContainer.boot({ serviceWorker: false });
        await container.fs.writeFile('large', 'x'.repeat(700_001));
        return container.exec('node', [
          '--input-type=module', '-e',
          `import fs from 'fs'; const all = Buffer.alloc(700_001); const fd = fs.openSync('large');
          const callback = await new Promise((resolve) => fs.readFile('large', (error, bytes) => resolve(bytes.length)));
          const handle = await fs.promises.open('large');
          const part = (await handle.read(all, 0, 700_001, 1)).bytesRead;
          await handle.close();
          console.log((await fs.promises.readFile('large')).length, (await fs.promises.readFile('large', 'utf8')).length, callback, fs.readFileSync('large').length, fs.readSync(fd, all), part)`,
        ]);
      });
      assertEqual([stdout, stderr], ['700001 700001 700001 700001 700001 700000\n', ''], 'the lengths');
    },
  },
  {
    name: 'work: eslint and prettier over three hundred functions',
    run: async (page) => {
      const files = {
        'package.json': '{ "name": "lint", "type": "module", "private": true, "devDependencies": { "eslint": "9.39.1", "prettier": "3.6.2" } }',
        'eslint.config.js': "export default [{ files: ['src/*.js'], rules: { semi: 'error' } }];",
        'src/functions.js': FUNCTIONS,
      };
      const { stdout, exitCode } = await installAndRun(page, files, ['sh', ['-c', 'npx eslint src; echo "eslint $?"; npx prettier --write src && npx eslint src; echo "after prettier $?"']]);
      assertEqual(exitCode, 0, 'the exit code');
      assertIncludes(stdout, '300 problems (300 errors', 'what eslint found');
      assertIncludes(stdout, 'eslint 1\n', "eslint's exit code");
      assertIncludes(stdout, 'after prettier 0\n', 'after prettier');
    },
  },
  {
    name: 'work: vite serves React, and a change is seen without loading the page again',
    run: async (page) => {
      await page.evaluate(
        async ([files, install]) => {
          const { OpenAgentsContainer } = await import('/index.js');
          globalThis.container = await OpenAgentsContainer.boot({ registry: '/registry/' });
          await container.fs.mkdir('src');
          for (const [path, contents] of Object.entries(files)) await container.fs.writeFile(path, contents);
          const installed = await container.exec(...install);
          if (installed.exitCode !== 0) throw new Error(installed.stderr);
          const ready = new Promise((resolve) => container.on('server-ready', (_, url) => resolve(url)));
          const vite = await container.spawn('npx', ['vite'], { merged: true });
          let said = '';
          void vite.output.pipeTo(new WritableStream({ write: (text) => void (said += text) }));
          document.querySelector('#preview').src = await Promise.race([ready, vite.exit.then((code) => Promise.reject(new Error(`vite ended with ${code}: ${said}`)))]);
        },
        [VITE, SHORT],
      );
      const frame = page.frameLocator('#preview');
      await frame.locator('h1').filter({ hasText: 'hello 0' }).waitFor();
      await frame.locator('h1').evaluate((heading) => { heading.click(); globalThis.kept = 'kept'; });
      await frame.locator('h1').filter({ hasText: 'hello 1' }).waitFor();
      await page.evaluate(async () => container.fs.writeFile('src/App.jsx', (await container.fs.readFile('src/App.jsx', 'utf8')).replace('hello', 'changed')));
      await frame.locator('h1').filter({ hasText: 'changed 1' }).waitFor();
      assertEqual(await frame.locator('h1').evaluate(() => globalThis.kept), 'kept', 'the page is the same');
    },
  },
];
