/** The parts of the package that need no browser, checked in Node. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { assertEqual } from './harness.mjs';

const load = (name) => import(new URL(`../../js/dist/${name}.js`, import.meta.url).href);

export const checks = [
  {
    name: 'unit: paths resolve by text',
    run: async () => {
      const { resolvePath } = await load('paths');
      const cases = [['/work', 'a/b'], ['/work', '/a'], ['/work', '../../..'], ['/work', './a//b/../c/'], ['/', '.']];
      assertEqual(cases.map(([base, path]) => resolvePath(base, path)), ['/work/a/b', '/a', '/', '/work/a/c', '/'], 'the paths');
    },
  },
  {
    name: 'unit: addresses of previews round trip, and others are none',
    run: async () => {
      const { parsePreview, previewPath } = await load('preview-address');
      const address = { clientId: 'ab-12', container: 7, port: 3000 };
      assertEqual(parsePreview('/', `${previewPath('/', address)}x/y`), { ...address, path: '/x/y' }, 'the address');
      assertEqual(parsePreview('/site/', previewPath('/site/', address).slice(0, -1)), { ...address, path: '/' }, 'without its last slash');
      const none = ['/', '/oac-preview/', '/oac-preview/x/3000/', '/oac-preview/x.1/70000/', '/other/oac-preview/x.1/80/'];
      assertEqual(none.map((path) => parsePreview('/', path) === undefined), none.map(() => true), 'what is none');
    },
  },
  {
    name: 'unit: output that nobody reads is dropped from its front, output that is taken is not',
    run: async () => {
      const { Sink, UNREAD_MAX } = await load('output');
      const chunk = 'x'.repeat(UNREAD_MAX / 2);
      const unread = new Sink();
      for (const first of ['1', '2', '3', '4']) unread.push(first + chunk.slice(1));
      unread.end();
      const taken = new Sink();
      const { stream } = taken;
      for (const first of ['1', '2', '3', '4']) taken.push(first + chunk.slice(1));
      taken.end();
      const firsts = async (chunks) => {
        const letters = [];
        for await (const text of chunks) letters.push(text[0]);
        return letters;
      };
      assertEqual([await firsts(unread.stream), await firsts(stream)], [['3', '4'], ['1', '2', '3', '4']], 'the first letters of the chunks');
    },
  },
  {
    name: 'unit: the package runs in Node, on worker threads',
    run: async () => {
      const script = fileURLToPath(new URL('runtimes.mjs', import.meta.url));
      const { stdout } = await promisify(execFile)(process.execPath, [script, 'node.js']);
      assertEqual(
        JSON.parse(stdout),
        { mode: 'shared-memory', stdout: '[ 2, 4 ]\n', exitCode: 3, served: 'served /x', loop: 'ETIMEDOUT', missing: 'ENOENT' },
        'what was seen',
      );
    },
  },
];
