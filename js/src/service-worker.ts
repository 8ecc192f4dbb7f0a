/**
 * Previews: answers `/<scope>/oac-preview/<client>.<container>/<port>/…` from a port of a container.
 *
 * It keeps nothing that it cannot do without: the address names the page that owns the container, and the page gives, for each
 * request, a MessagePort to its kernel. So the browser may end and start this worker as it likes.
 */
import { exchange, type Link } from './exchange.js';
import { failurePage, plainPage } from './preview-pages.js';
import { parsePreview, previewPath, type PreviewAddress } from './preview-address.js';
import type { ConnectPreview, WhoAmI, YouAre } from './messages.js';
import { ContainerError } from './errors.js';

declare const self: ServiceWorkerGlobalScope;

const SCOPE = new URL(self.registration.scope).pathname;

/** Clients met before: previews with their address, and others. A cache; what it forgets is asked again. */
const known = new Map<string, PreviewAddress | null>();
const KNOWN_MAX = 1000;

self.addEventListener('install', () => void self.skipWaiting());
// So that a page's own requests to its previews come here from its first load on, as they do from the second.
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

self.addEventListener('message', (event) => {
  const data = event.data as WhoAmI;
  if (data.type !== 'oac-who-am-i' || !(event.source instanceof Client)) return;
  const answer: YouAre = { clientId: event.source.id };
  event.ports[0]?.postMessage(answer);
});

self.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  if (url.origin !== self.location.origin) return;
  const address = parsePreview(SCOPE, url.pathname);
  if (address !== undefined) {
    remember(event.resultingClientId, address);
    event.respondWith(answer(event.request, address, address.path + url.search));
    return;
  }
  // What a preview asks for by an absolute path goes to its port.
  const referrer = referrerAddress(event.request);
  if (event.request.mode === 'navigate') {
    if (referrer !== undefined) event.respondWith(redirect(referrer, url));
    return;
  }
  const owner = known.get(event.clientId);
  if (owner === null || event.clientId === '') return;
  if (owner !== undefined) event.respondWith(answer(event.request, owner, url.pathname + url.search));
  else event.respondWith(askWhose(event, url));
});

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

async function askWhose(event: FetchEvent, url: URL): Promise<Response> {
  const client = await self.clients.get(event.clientId);
  const address = client === undefined ? undefined : parsePreview(SCOPE, new URL(client.url).pathname);
  remember(event.clientId, address ?? null);
  return address === undefined ? fetch(event.request) : answer(event.request, address, url.pathname + url.search);
}

/** A link to an absolute path: stay under the preview's prefix. 307 keeps method and body. */
function redirect(address: PreviewAddress, url: URL): Response {
  return new Response(null, { status: 307, headers: { location: previewPath(SCOPE, address) + url.pathname.slice(1) + url.search } });
}

async function answer(request: Request, address: PreviewAddress, target: string): Promise<Response> {
  const owner = await self.clients.get(address.clientId);
  if (owner === undefined) {
    return plainPage(410, 'The container is gone', 'The page that ran it has been closed or loaded again.');
  }
  const link = connect(owner, address.container);
  try {
    const response = await exchange(link, request, { port: address.port, target, wait: request.headers.has('x-oac-wait') }, insideReferrer(request));
    return rewrite(response, address);
  } catch (error) {
    if (!(error instanceof ContainerError)) throw error;
    return failurePage(error, address.port);
  }
}

/** Asks the page for a way to its kernel. */
function connect(owner: Client, container: number): Link {
  const channel = new MessageChannel();
  const life = new MessageChannel();
  const message: ConnectPreview = { type: 'oac-connect', container, port: channel.port2, lifeline: life.port2 };
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
function rewrite(response: Response, address: PreviewAddress): Response {
  const headers = new Headers(response.headers);
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
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
}
