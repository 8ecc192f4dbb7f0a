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
];
