/** Programs and the network outside the page: HTTP through the gateway, servers that refuse pages, credentials of registries. */
import { createServer } from 'node:http';
import { assertEqual, assertIncludes } from './harness.mjs';

/** A server of another origin: `/open` allows pages, all else does not; `/proxy?url=` passes a request on. */
async function outside() {
  const requests = [];
  const server = createServer(async (request, response) => {
    const url = new URL(request.url, 'http://x');
    let body = '';
    for await (const chunk of request) body += chunk;
    requests.push(`${request.method} ${url.pathname} ${request.headers['x-own'] ?? ''} ${request.headers['oac-proxy'] ?? ''}`.trim());
    const open = url.pathname !== '/closed';
    if (open) response.setHeader('access-control-allow-origin', '*').setHeader('access-control-allow-headers', '*').setHeader('access-control-allow-methods', '*').setHeader('access-control-expose-headers', '*');
    response.setHeader('x-kind', 'other');
    if (request.method === 'OPTIONS') return response.writeHead(204).end();
    if (url.pathname === '/proxy') return response.end(`by proxy: ${await (await fetch(url.searchParams.get('url').replace('outside.test', '127.0.0.1'))).text()}`);
    if (url.pathname === '/stream') {
      for (let part = 0; part < 3; part++) {
        response.write(`part ${part}\n`);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      return response.end();
    }
    response.statusCode = url.pathname === '/open' ? 201 : 200;
    response.end(`${request.method} ${url.pathname} ${body}`);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => new Promise((resolve) => { server.closeAllConnections(); server.close(resolve); });
  // Inside the container 127.0.0.1 and localhost are its own.
  return { address: `http://outside.test:${server.address().port}`, local: `http://127.0.0.1:${server.address().port}`, requests, close };
}

const ASKS = `
const http = require('http');
const base = process.argv[2];
const get = (path, options = {}, body) => new Promise((resolve) => {
  http.request(base + path, options, (response) => {
    let text = '';
    response.on('data', (data) => (text += data)).on('end', () => resolve([response.statusCode, response.headers['x-kind'], text]));
  }).on('error', (error) => resolve(error.code)).end(body);
});
(async () => {
  console.log(JSON.stringify(await get('/open', { method: 'POST', headers: { 'x-own': 'mine', 'oac-proxy': 'http://me:secret@127.0.0.1:9', 'content-type': 'text/plain' } }, 'sent')));
  console.log(JSON.stringify(await get('/stream')));
  const response = await fetch(base + '/open', { method: 'PUT', body: 'put' });
  console.log(response.status, await response.text());
  console.log(JSON.stringify(await get('/closed')));
})();
`;

const run = (page, options, base) =>
  page.evaluate(
    async ([script, options, base]) => {
      const { OpenAgentsContainer } = await import('/index.js');
      const container = await OpenAgentsContainer.boot({ serviceWorker: false, ...options });
      await container.fs.writeFile('asks.js', script);
      return container.exec('node', ['asks.js', base]);
    },
    [ASKS, options, base],
  );

export const checks = [
  {
    name: 'outside: http and fetch reach servers that allow pages, others through a proxy; without the capability nothing',
    run: async (page) => {
      const server = await outside();
      try {
        const straight = await run(page, { network: 'any' }, server.address);
        assertEqual(straight.stderr, '', 'stderr');
        const lines = straight.stdout.trim().split('\n');
        assertEqual(lines.slice(0, 3), ['[201,"other","POST /open sent"]', '[200,"other","part 0\\npart 1\\npart 2\\n"]', '201 PUT /open put'], 'what was answered');
        assertEqual(/^"E[A-Z]+"$/.test(lines[3]), true, `what refuses pages is an error with a code (${lines[3]})`);
        assertEqual(server.requests.filter((line) => line.startsWith('POST /open')), ['POST /open mine'], 'the header of the program, and not that of its proxy');
        const proxied = await run(page, { network: 'any', corsProxy: `${server.local}/proxy?url={url}` }, server.address);
        assertIncludes(proxied.stdout, 'by proxy: GET /closed', 'what refuses pages, through the proxy');
        const refused = await run(page, {}, server.address);
        assertIncludes(refused.stdout + refused.stderr, 'EACCES', 'without the capability');
      } finally {
        await server.close();
      }
    },
  },
  {
    name: 'outside: a proxy and credentials can be set later, as the original’s internals do',
    run: async (page) => {
      const seen = await page.evaluate(async () => {
        const { WebContainer } = await import('/index.js');
        const container = await WebContainer.boot();
        const code = (promise) => promise.then(() => 'fine', (error) => error.code);
        const { internal } = container;
        await internal.setCORSProxy({ address: '/registry/', domains: ['example.com'] });
        await internal.setCORSProxy(null);
        await internal.setRegistryCredentials({ registry: 'https://npm.example/private', scope: '@mine', authToken: 'secret' });
        await internal.setRegistryCredentials([{ registry: 'https://npm.example/private/', username: 'me', password: 'pass' }, { registry: 'https://npm.example/private', scope: '@mine', authToken: 'newer' }]);
        const config = await container.spawn('node', ['-p', "require('fs').readFileSync('/root/.npmrc', 'utf8')"], { output: true });
        let text = '';
        for await (const chunk of config.output) text += chunk;
        const wrong = [await code(internal.setCORSProxy({ address: 'http://' })), await code(internal.setRegistryCredentials({ registry: 'x', authToken: 'a' })), await code(internal.setRegistryCredentials({ registry: 'https://npm.example/' }))];
        return { text: text.trim(), wrong };
      });
      assertEqual(
        seen,
        {
          text: '//npm.example/private/:_auth=bWU6cGFzcw==\n//npm.example/private/:_authToken=newer\n@mine:registry=https://npm.example/private/',
          wrong: ['ERR_INVALID_ARGUMENT', 'ERR_INVALID_ARGUMENT', 'ERR_INVALID_ARGUMENT'],
        },
        'the configuration, and what is refused',
      );
    },
  },
];
