#!/usr/bin/env node
/**
 * The demo's server: the package (js/dist) at the root, the demo page over it, the example app, and the npm registry under /registry/,
 * since a page cannot reach that itself. Also what the browser tests run against. It needs nothing but Node.
 *
 *     node js/demo/serve.mjs [--port N] [--no-isolation]
 *
 * The first line of its output is the address.
 */
import { execFileSync } from 'node:child_process';
import { createReadStream, readFileSync, statSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import http from 'node:http';
import https from 'node:https';
import { dirname, extname, join, normalize, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const folders = [here, join(here, '../dist')];
/** The terminal that the demo shows, as its package has it. */
const VENDOR = {
  '/vendor/xterm.js': '@xterm/xterm/lib/xterm.mjs',
  '/vendor/xterm.css': '@xterm/xterm/css/xterm.css',
  '/vendor/addon-fit.js': '@xterm/addon-fit/lib/addon-fit.mjs',
};
/** The client that this package can stand behind, for the tests. */
const CLIENT = '/vendor/webcontainer-api/';
const examples = join(here, '../../examples');

const TYPES = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
};

const ISOLATION = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-resource-policy': 'same-origin',
};

/** Headers of one connection, which a forwarder does not pass on. */
const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'te', 'trailer', 'transfer-encoding', 'upgrade']);
/** What the registry needs of a request; the rest (cookies, origin, referrer) is the page's business. */
const FORWARDED = ['accept', 'accept-encoding', 'if-none-match', 'if-modified-since', 'user-agent'];
const REDIRECTS_MAX = 5;

/**
 * @param {{ port?: number, isolation?: boolean, roots?: string[], absent?: Set<string> }} options `roots`: folders to serve before the
 * others; `absent`: paths that are said not to exist, as long as they are in it.
 * @returns {Promise<{ address: string, close(): Promise<void> }>}
 */
export async function serve({ port = 0, isolation = true, roots = [], absent = new Set() } = {}) {
  const registry = registryForwarder();
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const headers = isolation ? ISOLATION : {};
    const answer = absent.has(url.pathname)
      ? refuse(response, 404, `there is no ${url.pathname}`)
      : url.pathname.startsWith('/registry/')
        ? registry(request, response, url.pathname.slice('/registry/'.length) + url.search, headers)
        : url.pathname.startsWith('/example/')
          ? sendTree(response, url.pathname.slice('/example/'.length), headers)
          : sendFile(request, response, url.pathname, [...roots, ...folders], headers);
    Promise.resolve(answer).catch((error) => refuse(response, 500, String(error)));
  });
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    address: `http://localhost:${server.address().port}/`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(resolve);
      }),
  };
}

function refuse(response, status, text) {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', ...ISOLATION });
  response.end(`${text}\n`);
}

function sendFile(request, response, pathname, roots, headers) {
  const path = normalize(decodeURIComponent(pathname.endsWith('/') ? `${pathname}index.html` : pathname === '/headless' ? '/headless.html' : pathname));
  for (const root of roots) {
    const vendor = path.startsWith(CLIENT) ? `@webcontainer/api/dist/${path.slice(CLIENT.length)}` : VENDOR[path];
    const file = vendor === undefined ? join(root, path) : join(here, '../node_modules', vendor);
    if (vendor === undefined && !file.startsWith(root + sep)) break;
    const found = statSync(file, { throwIfNoEntry: false });
    if (!found?.isFile()) continue;
    // A browser that may ask keeps files, and with wasm what it compiled of them.
    const etag = `"${found.size}-${found.mtimeMs}"`;
    const kept = { etag, 'cache-control': 'no-cache', ...headers };
    if (request.headers['if-none-match'] === etag) {
      response.writeHead(304, kept).end();
      return;
    }
    response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream', 'content-length': found.size, ...kept });
    createReadStream(file).pipe(response);
    return;
  }
  refuse(response, 404, `there is no ${pathname}`);
}

/** One of the examples, as a tree for `mount`. */
async function sendTree(response, name, headers) {
  if (!/^[\w-]+$/.test(name)) return refuse(response, 404, `there is no example '${name}'`);
  const tree = await readTree(join(examples, name));
  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache', ...headers });
  response.end(JSON.stringify(tree));
}

async function readTree(folder) {
  const tree = {};
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.name === 'node_modules') continue;
    const path = join(folder, entry.name);
    tree[entry.name] = entry.isDirectory()
      ? { directory: await readTree(path) }
      : { file: { contents: await readFile(path, 'utf8') } };
  }
  return tree;
}

/** Forwards to the registry that npm is configured with. */
function registryForwarder() {
  const npm = (key) => {
    const value = execFileSync('npm', ['config', 'get', key], { cwd: here, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    return value === 'null' || value === 'undefined' ? '' : value;
  };
  const base = npm('registry').replace(/\/*$/, '/');
  const cafile = npm('cafile');
  const ca = cafile === '' ? undefined : readFileSync(cafile);
  const agents = {
    'http:': new http.Agent({ keepAlive: true, maxSockets: 16 }),
    'https:': new https.Agent({ keepAlive: true, maxSockets: 16, ca }),
  };

  const get = (url, method, headers, left, done, failed) => {
    const client = url.protocol === 'https:' ? https : http;
    const request = client.request(url, { method, headers, agent: agents[url.protocol] }, (answer) => {
      const { statusCode = 502, headers: { location } } = answer;
      if (statusCode >= 300 && statusCode < 400 && location !== undefined) {
        answer.resume();
        if (left === 0) failed(new Error('it redirects for ever'));
        else get(new URL(location, url), method, headers, left - 1, done, failed);
        return;
      }
      done(answer);
    });
    request.on('error', failed);
    request.end();
  };

  return (request, response, target, isolation) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(response, 405, 'the registry is forwarded for reading only');
    const headers = {};
    for (const name of FORWARDED) if (request.headers[name] !== undefined) headers[name] = request.headers[name];
    return new Promise((resolve) => {
      get(
        new URL(target, base),
        request.method,
        headers,
        REDIRECTS_MAX,
        (answer) => {
          const kept = Object.entries(answer.headers).filter(([name]) => !HOP_BY_HOP.has(name) && name !== 'set-cookie');
          response.writeHead(answer.statusCode ?? 502, { ...Object.fromEntries(kept), ...isolation });
          answer.pipe(response);
          answer.on('error', () => response.destroy());
          response.on('close', () => {
            answer.destroy();
            resolve();
          });
        },
        (error) => {
          refuse(response, 502, `the registry that npm is configured with cannot be reached: ${error.code ?? error.message}`);
          resolve();
        },
      );
    });
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const at = process.argv.indexOf('--port');
  const port = at < 0 ? 8080 : Number(process.argv[at + 1]);
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    console.error('usage: serve.mjs [--port N] [--no-isolation]');
    process.exit(2);
  }
  try {
    const { address } = await serve({ port, isolation: !process.argv.includes('--no-isolation') });
    console.log(address);
  } catch (error) {
    const why = error.code === 'EADDRINUSE' ? `port ${port} is in use: pass --port N with another` : error.message;
    console.error(`the demo cannot be served: ${why}`);
    process.exit(1);
  }
}
