/** What lasts: a page without its network, files over a reload. */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serve } from '../../js/demo/serve.mjs';
import { assertEqual } from './harness.mjs';

const pages = join(dirname(fileURLToPath(import.meta.url)), 'pages');

export const checks = [
  {
    name: 'lasting: after its first load a page works without the network',
    run: async (page) => {
      const server = await serve({ roots: [pages] });
      await page.goto(`${server.address}offline.html`);
      await page.waitForFunction(() => globalThis.output !== undefined);
      await server.close();
      await page.reload();
      await page.waitForFunction(() => globalThis.output !== undefined);
      assertEqual(await page.evaluate(() => [globalThis.output, crossOriginIsolated]), ['42\n', true], 'what was seen');
    },
  },
  {
    name: 'lasting: files are there again after a reload, and gone when they are forgotten',
    run: async (page) => {
      const begin = (persist) =>
        page.evaluate(async (persist) => {
          const { OpenAgentsContainer } = await import('/index.js');
          globalThis.OpenAgentsContainer = OpenAgentsContainer;
          globalThis.container = await OpenAgentsContainer.boot({ serviceWorker: false, persist });
          return container.fs.readdir('.');
        }, persist);
      assertEqual(await begin('shop'), [], 'at first');
      const busy = await page.evaluate(() => OpenAgentsContainer.boot({ serviceWorker: false, persist: 'shop' }).catch((error) => error.code));
      assertEqual(busy, 'EBUSY', 'a second container of the name');
      await page.evaluate(async () => {
        const { fs } = container;
        await container.mount({ 'a.js': { file: { contents: 'console.log("kept")' } }, deep: { directory: { er: { directory: { b: { file: { contents: new Uint8Array([0, 255]) } } } } } }, gone: { directory: { c: { file: { contents: '' } } } } });
        await container.exec('node -e "fs.mkdirSync(\'made/by\', { recursive: true }); fs.writeFileSync(\'made/by/program\', \'x\'.repeat(300000)); fs.symlinkSync(\'a.js\', \'link\')"');
        await fs.chmod('a.js', 0o755);
        await fs.chown('a.js', 5, 6);
        await fs.utimes('a.js', 1000, 2000);
        await fs.link('a.js', 'again.js');
        await fs.utimes('deep/er/b', 3000, 4000);
        await fs.rm('gone', { recursive: true });
        await fs.rename('deep/er', 'moved');
        await container.sync();
      });
      await page.reload();
      assertEqual(await begin('shop'), ['a.js', 'again.js', 'deep', 'link', 'made', 'moved'], 'after a reload');
      const seen = await page.evaluate(async () => [
        [...(await container.fs.readFile('moved/b'))], (await container.fs.readFile('made/by/program')).length, ((await container.fs.stat('a.js')).mode & 0o777).toString(8),
        (await container.exec('node link')).stdout, await container.fs.readdir('deep'),
        await Promise.all(['a.js', 'again.js', 'moved/b'].map(async (path) => { const { uid, gid, nlink, mtimeMs } = await container.fs.stat(path); return [uid, gid, nlink, mtimeMs]; })),
      ]);
      assertEqual(seen, [[0, 255], 300000, '755', 'kept\n', [], [[5, 6, 2, 2000_000], [5, 6, 2, 2000_000], [0, 0, 1, 4000_000]]], 'what is in them');
      await page.evaluate(() => {
        container.teardown();
      });
      await page.reload();
      await page.evaluate(async () => (await import('/index.js')).OpenAgentsContainer.forget('shop'));
      assertEqual(await begin('shop'), [], 'after it was forgotten');
    },
  },
  {
    name: 'unit: a log that breaks off anywhere gives the records before that',
    run: async () => {
      const { LogFull, RecordLog } = await import(new URL('../../js/dist/host/record-log.js', import.meta.url).href);
      /** A file in memory, with so much room. */
      const file = (room = Infinity) => ({
        bytes: new Uint8Array(),
        read(buffer, { at }) { const part = this.bytes.subarray(at, at + buffer.length); buffer.set(part); return part.length; },
        write(buffer, { at }) {
          const length = Math.max(0, Math.min(buffer.length, room - at));
          if (at + length > this.bytes.length) { const longer = new Uint8Array(at + length); longer.set(this.bytes); this.bytes = longer; }
          this.bytes.set(buffer.subarray(0, length), at);
          return length;
        },
        truncate(size) { const cut = new Uint8Array(size); cut.set(this.bytes.subarray(0, size)); this.bytes = cut; },
        getSize() { return this.bytes.length; },
        flush() {},
        close() {},
      });
      const text = (bytes) => new TextDecoder().decode(bytes);
      const records = (files) => { const list = []; const log = RecordLog.open(files, (payload) => list.push(text(payload))); return { list, log }; };
      const files = [file(), file()];
      const { log } = records(files);
      for (const word of ['one', 'two', 'three']) log.append(new TextEncoder().encode(word));
      const whole = files[0].bytes;
      const ends = [16, 27, 38, 51];
      for (let cut = 0; cut <= whole.length; cut++) {
        const broken = [file(), file()];
        broken[0].bytes = whole.slice(0, cut);
        const kept = records(broken).list;
        const expected = ['one', 'two', 'three'].slice(0, Math.max(0, ends.filter((end) => end <= cut).length - 1));
        assertEqual(kept, expected, `cut at ${cut}`);
      }
      for (let at = 16; at < whole.length; at++) {
        const broken = [file(), file()];
        broken[0].bytes = whole.slice();
        broken[0].bytes[at] ^= 0x10;
        const kept = records(broken).list;
        assertEqual(['one', 'two', 'three'].slice(0, kept.length), kept, `a wrong byte at ${at}`);
        assertEqual(kept.length < 3, true, `a wrong byte at ${at} is noticed`);
      }
      log.rewrite([new TextEncoder().encode('all')]);
      assertEqual([files[0].bytes.length, records(files).list], [0, ['all']], 'rewritten, into the other file');
      const full = [file(40), file(40)];
      const small = records(full).log;
      small.append(new Uint8Array(10));
      let error;
      try { small.append(new Uint8Array(10)); } catch (thrown) { error = thrown; }
      assertEqual([error instanceof LogFull, records(full).list.length], [true, 1], 'a full log');
    },
  },
];
