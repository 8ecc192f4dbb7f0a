/**
 * Previews: answers `/<scope>/oac-preview/<client>.<container>/<port>/…` from a port of a container.
 *
 * It keeps nothing that it cannot do without: the address names the page that owns the container, and the page gives, for each
 * request, a MessagePort to its kernel. So the browser may end and start this worker as it likes.
 */
import { COOKIES_CHANGED, exchange, type Link } from './exchange.js';
import { failurePage, plainPage } from './preview-pages.js';
import { CALLS_FOLDER, parsePreview, previewPath, type PreviewAddress } from './preview-address.js';
import { insertIntoHtml, previewHead } from './preview-html.js';
import { previewClient } from './preview-client.js';
import type { CallAnswer, CallRequest, ConnectPreview, FromPreview, KeepFiles, LinkKind, PreviewClientMessage, PreviewCookies, PreviewInsert, SocketEvent, WhoAmI, YouAre } from './messages.js';
import { ContainerError } from './errors.js';

declare const self: ServiceWorkerGlobalScope;

const SCOPE = new URL(self.registration.scope).pathname;
const CLIENT = `${SCOPE}oac-preview/client.js`;
const OWN_WORKER = /\/(?:task|kernel)-worker\.js$/;
const CALLS = `${SCOPE}${CALLS_FOLDER}`;
/** Whether it adds the headers that isolate pages: its registration says so. */
const ISOLATES = new URL(self.location.href).searchParams.has('isolate');
/** Whether it keeps the page's files for when the network is away; likewise. */
const KEEPS = new URL(self.location.href).searchParams.has('offline');

/** Clients met before: previews with their address, and others. A cache; what it forgets is asked again. */
const known = new Map<string, PreviewAddress | null>();
const KNOWN_MAX = 1000;

self.addEventListener('install', () => void self.skipWaiting());
// So that a page's own requests to its previews come here from its first load on, as they do from the second.
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

self.addEventListener('message', (event) => {
  const data = event.data as WhoAmI | KeepFiles | PreviewClientMessage;
  if (!(event.source instanceof Client)) return;
  if (data.type === 'oac-who-am-i') {
    remember(event.source.id, null);
    const answer: YouAre = { clientId: event.source.id };
    event.ports[0]?.postMessage(answer);
    return;
  }
  if (data.type === 'oac-keep') {
    const done = keepAll(data.urls).then(() => event.ports[0]?.postMessage('kept'));
    event.waitUntil(done);
    return;
  }
  event.waitUntil(fromPreview(data));
});

/** A page in a preview wants something of its container. */
async function fromPreview(data: PreviewClientMessage): Promise<void> {
  const address = parsePreview(SCOPE, data.address);
  const owner = address === undefined ? undefined : await self.clients.get(address.clientId);
  if (address === undefined || owner === undefined) {
    if (data.type === 'oac-socket') data.port.postMessage({ close: 1006, reason: '', wasClean: false } satisfies SocketEvent);
    return;
  }
  if (data.type === 'oac-socket') {
    const life = new MessageChannel();
    life.port1.onmessage = (): void => life.port1.close();
    const message: ConnectPreview = { type: 'oac-connect', kind: 'socket', container: address.container, port: data.port, lifeline: life.port2 };
    owner.postMessage(message, [data.port, life.port2]);
    return;
  }
  const content = data.type === 'oac-cookie' ? { cookie: data.cookie, path: data.path } : { message: data.message };
  owner.postMessage({ type: 'oac-from-preview', container: address.container, port: address.port, content } satisfies FromPreview);
}

self.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  if (url.origin !== self.location.origin) {
    // What a page in a preview calls localhost is its container.
    const port = localPort(url);
    if (port === undefined || event.clientId === '' || event.request.mode === 'navigate') return;
    const owner = known.get(event.clientId);
    if (owner === null) return;
    if (owner !== undefined) event.respondWith(answer(event, { ...owner, port }, url.pathname + url.search));
    else event.respondWith(askWhose(event, url, port));
    return;
  }
  // The package's own workers: to ask Firefox for a client waits for other workers, which may be waiting for this one.
  if (event.request.destination === 'worker' && OWN_WORKER.test(url.pathname)) {
    remember(event.resultingClientId, null);
    if (ISOLATES || KEEPS) event.respondWith(ownFile(event));
    return;
  }
  if (url.pathname.startsWith(CALLS)) {
    event.respondWith(answerCall(event.request, url.pathname.slice(CALLS.length)));
    return;
  }
  if (url.pathname === CLIENT) {
    event.respondWith(clientScript());
    return;
  }
  const address = parsePreview(SCOPE, url.pathname);
  if (address !== undefined) {
    remember(event.resultingClientId, address);
    event.respondWith(answer(event, address, address.path + url.search));
    return;
  }
  // What a preview asks for by an absolute path goes to its port.
  const referrer = referrerAddress(event.request);
  if (event.request.mode === 'navigate') {
    if (referrer !== undefined) event.respondWith(redirect(referrer, url));
    else if (ISOLATES || KEEPS) event.respondWith(ownFile(event));
    return;
  }
  const owner = known.get(event.clientId);
  if (owner === null || event.clientId === '') {
    if (ISOLATES || KEEPS) event.respondWith(ownFile(event));
    return;
  }
  if (owner !== undefined) event.respondWith(answer(event, owner, url.pathname + url.search));
  else event.respondWith(askWhose(event, url, undefined));
});

/** A file of the page itself: from the network, and if that is away as it was kept. */
async function ownFile(event: FetchEvent): Promise<Response> {
  const { request } = event;
  try {
    const response = ISOLATES ? await isolated(request) : await fetch(request);
    if (KEEPS && isKept(request) && response.status === 200) event.waitUntil(keep(request, response.clone()));
    return response;
  } catch (error) {
    const kept = KEEPS ? await caches.match(request, { ignoreVary: true }) : undefined;
    if (kept === undefined) throw error;
    return kept;
  }
}

const CACHE = 'oac-offline';

/** What a page is made of, and wasm; not what it asks servers. */
function isKept({ method, destination, url }: Request): boolean {
  return method === 'GET' && (destination !== '' || new URL(url).pathname.endsWith('.wasm'));
}

async function keep(request: Request | string, response: Response): Promise<void> {
  // A browser without room for it has a page that needs the network.
  await (await caches.open(CACHE)).put(request, response).catch(() => undefined);
}

/** Keeps what was loaded before this worker was there, and what will be wanted. */
async function keepAll(urls: readonly string[]): Promise<void> {
  await Promise.all(
    urls.map(async (url) => {
      const response = await (ISOLATES ? isolated(new Request(url)) : fetch(url)).catch(() => undefined);
      if (response?.status === 200) await keep(url, response);
    }),
  );
}

/** The page's own files, with the headers that isolate it. */
async function isolated(request: Request): Promise<Response> {
  // A request of this kind may only be answered from a cache.
  const response = await fetch(request.cache === 'only-if-cached' && request.mode !== 'same-origin' ? new Request(request, { cache: 'default' }) : request);
  // What cannot be looked into is passed on.
  if (response.status === 0) return response;
  const headers = new Headers(response.headers);
  headers.set('cross-origin-opener-policy', 'same-origin');
  headers.set('cross-origin-embedder-policy', 'require-corp');
  if (!headers.has('cross-origin-resource-policy')) headers.set('cross-origin-resource-policy', 'same-origin');
  const { status, statusText } = response;
  return new Response(NO_BODY.has(status) ? null : response.body, { status, statusText, headers });
}

const NO_BODY = new Set([101, 204, 205, 304]);

/** A system call of a task worker that waits in a synchronous request: `<client>.<container>/<worker>`. */
async function answerCall(request: Request, place: string): Promise<Response> {
  const match = /^([\w-]+)\.(\d+)\/(\d+)$/.exec(place);
  const owner = match === null ? undefined : await self.clients.get(match[1]!);
  if (match === null || owner === undefined) return new Response(null, { status: 410 });
  const { port, gone, ended } = connect(owner, Number(match[2]), 'system-call');
  const call = new Uint8Array(await request.arrayBuffer());
  const answered = await new Promise<CallAnswer>((resolve) => {
    port.onmessage = ({ data }: MessageEvent<CallAnswer>): void => resolve(data);
    gone.addEventListener('abort', () => resolve({ reply: undefined }));
    port.postMessage({ index: Number(match[3]), call } satisfies CallRequest, [call.buffer]);
  });
  port.close();
  ended();
  if ('later' in answered) return new Response(null, { status: 504 });
  return answered.reply === undefined ? new Response(null, { status: 410 }) : new Response(answered.reply, { headers: OWN_HEADERS });
}

const OWN_HEADERS = { 'cache-control': 'no-store', 'cross-origin-resource-policy': 'same-origin' };

const LOCAL = new Set(['localhost', '127.0.0.1', '0.0.0.0', '[::1]']);

function localPort(url: URL): number | undefined {
  if (!LOCAL.has(url.hostname) || (url.protocol !== 'http:' && url.protocol !== 'https:')) return undefined;
  return Number(url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : url.port);
}

function clientScript(): Response {
  return new Response(`(${previewClient.toString()})();`, {
    headers: { 'content-type': 'text/javascript; charset=utf-8', 'cache-control': 'no-cache', 'cross-origin-resource-policy': 'same-origin' },
  });
}

function remember(clientId: string, address: PreviewAddress | null): void {
  if (clientId === '') return;
  if (known.size >= KNOWN_MAX) known.clear();
  known.set(clientId, address);
}

function referrerAddress(request: Request): PreviewAddress | undefined {
  if (!URL.canParse(request.referrer)) return undefined;
  const url = new URL(request.referrer);
  return url.origin === self.location.origin ? parsePreview(SCOPE, url.pathname) : undefined;
}

async function askWhose(event: FetchEvent, url: URL, port: number | undefined): Promise<Response> {
  const client = await self.clients.get(event.clientId);
  const address = client === undefined ? undefined : parsePreview(SCOPE, new URL(client.url).pathname);
  remember(event.clientId, address ?? null);
  if (address === undefined) return ownFile(event);
  return answer(event, port === undefined ? address : { ...address, port }, url.pathname + url.search);
}

/** A link to an absolute path: stay under the preview's prefix. 307 keeps method and body. */
function redirect(address: PreviewAddress, url: URL): Response {
  return new Response(null, { status: 307, headers: { location: previewPath(SCOPE, address) + url.pathname.slice(1) + url.search } });
}

async function answer(event: FetchEvent, address: PreviewAddress, target: string): Promise<Response> {
  const { request } = event;
  const owner = await self.clients.get(address.clientId);
  if (owner === undefined) {
    return plainPage(410, 'The container is gone', 'The page that ran it has been closed or loaded again.');
  }
  const link = connect(owner, address.container);
  const isPage = request.mode === 'navigate';
  const page = isPage ? target : (referrerAddress(request)?.path ?? '/');
  const where = { port: address.port, target, wait: request.headers.has('x-oac-wait'), page };
  try {
    const { response, preview } = await exchange(link, request, where, insideReferrer(request));
    if (preview !== undefined && !isPage) void tellCookies(event.clientId, response, preview.cookies);
    return rewrite(response, address, isPage ? preview : undefined);
  } catch (error) {
    if (!(error instanceof ContainerError)) throw error;
    return failurePage(error, address.port);
  }
}

/** A page hears of cookies that came with what it fetched. */
async function tellCookies(clientId: string, response: Response, cookies: string): Promise<void> {
  if (clientId === '' || !response.headers.has(COOKIES_CHANGED)) return;
  const client = await self.clients.get(clientId);
  client?.postMessage({ type: 'oac-cookies', cookies } satisfies PreviewCookies);
}

/** Asks the page for a way to its kernel. */
function connect(owner: Client, container: number, kind: LinkKind = 'exchange'): Link {
  const channel = new MessageChannel();
  const life = new MessageChannel();
  const message: ConnectPreview = { type: 'oac-connect', kind, container, port: channel.port2, lifeline: life.port2 };
  owner.postMessage(message, [channel.port2, life.port2]);
  const gone = new AbortController();
  life.port1.onmessage = (): void => gone.abort();
  const ended = (): void => {
    life.port1.postMessage('ended');
    life.port1.close();
  };
  return { port: channel.port1, gone: gone.signal, ended };
}

/** The referrer as the server knows it. */
function insideReferrer(request: Request): string {
  const address = referrerAddress(request);
  return address === undefined ? '' : `http://localhost:${address.port}${address.path}`;
}

/**
 * Links to absolute paths are told by their referrer. Within one origin it is sent whatever a server wants for others, and
 * others get what they would have got.
 */
const REFERRER_POLICIES: Readonly<Record<string, string>> = {
  'no-referrer': 'same-origin',
  origin: 'origin-when-cross-origin',
  'strict-origin': 'strict-origin-when-cross-origin',
};

/** Keeps redirects under the prefix, and lets an isolated page show the answer. */
function rewrite(response: Response, address: PreviewAddress, preview: PreviewInsert | undefined): Response {
  const headers = new Headers(response.headers);
  headers.delete(COOKIES_CHANGED);
  const location = headers.get('location');
  if (location !== null) {
    const inside = new URL(location, `http://localhost:${address.port}${address.path}`);
    if (inside.hostname === 'localhost' || inside.hostname === '127.0.0.1') {
      const port = Number(inside.port === '' ? 80 : inside.port);
      headers.set('location', previewPath(SCOPE, { ...address, port }) + inside.pathname.slice(1) + inside.search + inside.hash);
    }
  }
  const policy = REFERRER_POLICIES[headers.get('referrer-policy')?.trim().toLowerCase() ?? ''];
  if (policy !== undefined) headers.set('referrer-policy', policy);
  headers.set('cross-origin-embedder-policy', 'require-corp');
  headers.set('cross-origin-resource-policy', 'same-origin');
  let { body } = response;
  if (preview !== undefined && body !== null && headers.get('content-type')?.trim().toLowerCase().startsWith('text/html')) {
    const config = { address: previewPath(SCOPE, address), port: address.port, forwardErrors: preview.forwardErrors, cookies: preview.cookies };
    body = insertIntoHtml(body, previewHead(CLIENT, config, preview)) as typeof body;
    headers.delete('content-length');
  }
  return new Response(body, { status: response.status, statusText: response.statusText, headers });
}
