/** Previews: the service worker in front of servers in the container. */
import { assertEqual, assertIncludes } from './harness.mjs';

const SERVER = `
const http = require('http');
http.createServer((request, response) => {
  const { url, method } = request;
  response.setHeader('referrer-policy', 'no-referrer');
  if (url === '/style.css') return response.writeHead(200, { 'content-type': 'text/css' }).end('h1 { color: rgb(1, 2, 3) }');
  if (url === '/old') return response.writeHead(302, { location: '/new?x=1' }).end();
  if (url === '/hang') return;
  if (url === '/big') return response.end('y'.repeat(3000000));
  if (url === '/chunked') { response.write('one '); response.write('two '); return response.end('three'); }
  if (method === 'POST') { let body = ''; return request.on('data', (d) => body += d).on('end', () => response.end('posted ' + body)); }
  response.setHeader('content-type', 'text/html');
  response.end('<!doctype html><link rel="stylesheet" href="/style.css"><h1>' + process.env.NAME + ' ' + url + '</h1><a href="/absolute">link</a>');
}).listen(3000);
`;

/** Boots as many containers as there are names, each with the server on port 3000; gives their previews' addresses. */
function serveAll(page, names) {
  return page.evaluate(
    async ([server, names]) => {
      const { OpenAgentsContainer } = await import('/index.js');
      return Promise.all(
        names.map(async (name) => {
          const container = await OpenAgentsContainer.boot();
          await container.mount({ 's.js': { file: { contents: server } } });
          const ready = new Promise((resolve) => container.on('server-ready', (_, url) => resolve(url)));
          const node = await container.spawn('node', ['s.js'], { env: { NAME: name } });
          return Promise.race([ready, node.exit.then((code) => Promise.reject(new Error(`node ended with ${code}`)))]);
        }),
      );
    },
    [SERVER, names],
  );
}

const show = (page, url) => page.evaluate((url) => void (document.querySelector('#preview').src = url), url);

export const checks = [
  {
    name: 'preview: absolute paths, links, redirects, bodies',
    run: async (page) => {
      const [url] = await serveAll(page, ['one']);
      await show(page, url);
      const frame = page.frameLocator('#preview');
      const heading = frame.locator('h1');
      assertEqual(await heading.textContent(), 'one /', 'the page');
      assertEqual(await heading.evaluate((h1) => getComputedStyle(h1).color), 'rgb(1, 2, 3)', 'the style sheet at an absolute path');
      const answers = await frame.locator('body').evaluate(async () => ({
        redirected: await (await fetch('/old')).text(),
        big: (await (await fetch('/big')).text()).length,
        chunked: await (await fetch('/chunked')).text(),
        posted: await (await fetch('/form', { method: 'POST', body: 'a=1' })).text(),
      }));
      assertIncludes(answers.redirected, 'one /new?x=1', 'the redirected answer');
      assertEqual(answers.big, 3000000, 'the length of a long answer');
      assertEqual(answers.chunked, 'one two three', 'an answer in chunks');
      assertEqual(answers.posted, 'posted a=1', 'the answer to a POST');
    },
  },
  {
    name: 'preview: two containers listen on the same port',
    run: async (page) => {
      const [one, two] = await serveAll(page, ['one', 'two']);
      await show(page, one);
      assertEqual(await page.frameLocator('#preview').locator('h1').textContent(), 'one /', 'the first');
      await show(page, two);
      await page.frameLocator('#preview').getByText('two /').waitFor();
    },
  },
  {
    name: 'preview: a port where nothing listens says so, and shows the server once it is there',
    run: async (page) => {
      await page.evaluate(async (server) => {
        const { OpenAgentsContainer } = await import('/index.js');
        globalThis.container = await OpenAgentsContainer.boot();
        await container.mount({ 's.js': { file: { contents: server } } });
        document.querySelector('#preview').src = container.previewUrl(3000);
      }, SERVER);
      const frame = page.frameLocator('#preview');
      assertEqual(await frame.locator('h1').textContent(), 'Nothing listens there', 'the page');
      const code = await page.evaluate(() => container.fetch(3000).then(() => 'answered', (error) => error.code));
      assertEqual(code, 'ECONNREFUSED', 'container.fetch');
      await page.evaluate(() => void container.spawn('node', ['s.js'], { env: { NAME: 'late' } }));
      await frame.getByText('late /').waitFor();
    },
  },
  {
    name: 'preview: a teardown ends what is under way, and later requests say so',
    run: async (page) => {
      const seen = await page.evaluate(async (server) => {
        const { OpenAgentsContainer } = await import('/index.js');
        const container = await OpenAgentsContainer.boot();
        await container.mount({ 's.js': { file: { contents: server } } });
        const ready = new Promise((resolve) => container.on('server-ready', (_, url) => resolve(url)));
        await container.spawn('node', ['s.js']);
        const url = await ready;
        const under = [container.fetch(3000, '/hang').then(() => 'answered', (error) => error.code), fetch(`${url}hang`).then(({ status }) => status)];
        await (await container.fetch(3000, '/chunked')).text();
        container.teardown();
        const later = await fetch(url);
        return [...(await Promise.all(under)), later.status, (await later.text()).includes('torn down')];
      }, SERVER);
      assertEqual(seen, ['ERR_TORN_DOWN', 502, 502, true], 'what the requests got');
    },
  },
  {
    name: 'preview: many requests at once are all answered',
    run: async (page) => {
      const [url] = await serveAll(page, ['one']);
      const lengths = await page.evaluate(async (url) => {
        const answers = await Promise.all(Array.from({ length: 150 }, (_, index) => fetch(`${url}?${index}`)));
        return (await Promise.all(answers.map((answer) => answer.text()))).filter((text, index) => text.includes(`?${index}<`)).length;
      }, url);
      assertEqual(lengths, 150, 'how many were answered');
    },
  },
  {
    name: 'preview: a page that is loaded again starts anew, and its old previews say so',
    run: async (page) => {
      const [old] = await serveAll(page, ['before']);
      await show(page, old);
      await page.frameLocator('#preview').getByText('before /').waitFor();
      await page.reload();
      const status = await page.evaluate(async (old) => (await fetch(old)).status, old);
      assertEqual(status, 410, 'the old preview');
      const [url] = await serveAll(page, ['after']);
      await show(page, url);
      await page.frameLocator('#preview').getByText('after /').waitFor();
    },
  },
];
