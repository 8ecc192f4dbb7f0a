/** `container.fs`, `mount` and `export`. */
import { assertEqual } from './harness.mjs';

export const checks = [
  {
    name: 'files: what is written is read, listed, moved and removed',
    run: async (page) => {
      const seen = await page.evaluate(async () => {
        const { OpenAgentsContainer } = await import('/index.js');
        const { fs } = await OpenAgentsContainer.boot({ serviceWorker: false });
        const big = new Uint8Array(3_000_000).map((_, index) => index % 251);
        await fs.mkdir('a/b/c', { recursive: true });
        await fs.writeFile('a/b/c/big', big);
        await fs.writeFile('/work/a/text', 'grüße', 'utf8');
        await fs.symlink('text', 'a/link');
        await fs.rename('a/b/c/big', 'a/b/moved');
        const back = await fs.readFile('a/b/moved');
        const entries = await fs.readdir('a', { withFileTypes: true });
        const code = (promise) => promise.then(() => 'done', ({ code, message }) => [code, message]);
        const seen = {
          same: back.length === big.length && back.every((byte, index) => byte === big[index]),
          link: await fs.readFile('a/link', 'utf8'),
          target: await fs.readlink('a/link'),
          entries: entries.map((entry) => [entry.name, entry.isFile(), entry.isDirectory()]).sort(),
          size: (await fs.stat('a/link')).size,
          isLink: (await fs.lstat('a/link')).isSymbolicLink(),
          rmdir: await code(fs.rm('a')),
        };
        await fs.rm('a', { recursive: true });
        return { ...seen, gone: await code(fs.readFile('a/text')), forced: await code(fs.rm('a', { force: true })) };
      });
      assertEqual(
        seen,
        {
          same: true,
          link: 'grüße',
          target: 'text',
          entries: [['b', false, true], ['link', false, false], ['text', true, false]],
          size: 7,
          isLink: true,
          rmdir: ['EISDIR', "EISDIR: is a directory, rm '/work/a'"],
          gone: ['ENOENT', "ENOENT: no such file or directory, open '/work/a/text'"],
          forced: 'done',
        },
        'the files',
      );
    },
  },
  {
    name: 'files: a tree that is mounted is exported again',
    run: async (page) => {
      const seen = await page.evaluate(async () => {
        const { WebContainer } = await import('/index.js');
        const container = await WebContainer.boot({ serviceWorker: false, workdirName: 'app' });
        const tree = {
          'a.txt': { file: { contents: 'a' } },
          folder: { directory: { 'b.bin': { file: { contents: new Uint8Array([255, 0, 254]) } }, link: { file: { symlink: '../a.txt' } }, empty: { directory: {} } } },
        };
        await container.mount(tree, { mountPoint: '/' });
        const back = await container.export('.');
        const bytes = back.folder.directory['b.bin'].file.contents;
        back.folder.directory['b.bin'].file.contents = [...bytes];
        return { back, workdir: container.workdir, inside: await container.fs.readFile('/folder/link', 'utf8') };
      });
      assertEqual(
        seen,
        {
          back: {
            'a.txt': { file: { contents: 'a' } },
            folder: { directory: { 'b.bin': { file: { contents: [255, 0, 254] } }, empty: { directory: {} }, link: { file: { symlink: '../a.txt' } } } },
          },
          workdir: '/home/app',
          inside: 'a',
        },
        'the tree',
      );
    },
  },
  {
    name: 'files: a tree of a wrong shape is refused by name',
    run: async (page) => {
      const message = await page.evaluate(async () => {
        const { OpenAgentsContainer } = await import('/index.js');
        const container = await OpenAgentsContainer.boot({ serviceWorker: false });
        return container.mount({ folder: { directory: { 'x.txt': 'text' } } }).then(() => 'mounted', (error) => `${error.code} ${error.message}`);
      });
      assertEqual(message, 'ERR_INVALID_ARGUMENT /work/folder/x.txt: an entry is { directory } or { file: { contents } } or { file: { symlink } }', 'the error');
    },
  },
  {
    name: 'files: two containers of a page do not meet',
    run: async (page) => {
      const seen = await page.evaluate(async () => {
        const { OpenAgentsContainer } = await import('/index.js');
        const [one, two] = await Promise.all([OpenAgentsContainer.boot({ serviceWorker: false }), OpenAgentsContainer.boot({ serviceWorker: false })]);
        await one.fs.writeFile('x', 'one');
        await two.fs.writeFile('x', 'two');
        one.teardown();
        return two.fs.readFile('x', 'utf8');
      });
      assertEqual(seen, 'two', 'the file of the second');
    },
  },
];
