/** The page's part of previews: the service worker, and the way from it to a kernel. */
import { ContainerError } from './errors.js';
import type { KernelClient } from './kernel-client.js';
import type { ConnectPreview, FromPreview, KeepFiles, WhoAmI, YouAre } from './messages.js';
import { CALLS_FOLDER, previewPath } from './preview-address.js';

/** The service worker at work, and who this page is to it. */
export interface Registration {
  /** The path under which it answers, with its slash. */
  scope: string;
  clientId: string;
}

/**
 * Registers the service worker and waits until it works.
 *
 * @throws ContainerError ERR_SERVICE_WORKER
 */
export async function register(script: string): Promise<Registration> {
  if (navigator.serviceWorker === undefined) throw noWorker(script, 'this browser, or its private mode, has no service workers');
  let registration: ServiceWorkerRegistration;
  try {
    registration = await navigator.serviceWorker.register(script, { type: 'module' });
  } catch (error) {
    throw noWorker(script, error instanceof Error ? error.message : String(error), error);
  }
  const { clientId } = await whoAmI(await active(registration, script));
  return { scope: new URL(registration.scope).pathname, clientId };
}

/** A container's number among a page's: random, so that they need not know of each other. */
export function newContainerId(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0]!;
}

/** Where task workers make their calls by synchronous requests; a worker's number follows. */
export function callAddress({ scope, clientId }: Registration, container: number): string {
  return new URL(`${scope}${CALLS_FOLDER}${clientId}.${container}/`, location.href).href;
}

const RELOADED = 'oac-reloaded';

/**
 * Has the service worker add the headers that isolate the page, and loads it again, once. It does not return then.
 *
 * @throws ContainerError ERR_SERVICE_WORKER; ERR_NOT_ISOLATED when that was not enough
 */
export async function isolateByReload(script: string): Promise<void> {
  // `script`: with its duties.
  if (globalThis.crossOriginIsolated) {
    sessionStorage.removeItem(RELOADED);
    return;
  }
  await register(script);
  if (sessionStorage.getItem(RELOADED) !== null) {
    sessionStorage.removeItem(RELOADED);
    throw new ContainerError({
      code: 'ERR_NOT_ISOLATED',
      message: `the service worker ${script} adds the headers that isolate this page, and yet it is not isolated: serve the worker at the root of the site, so that the page is in its scope`,
    });
  }
  sessionStorage.setItem(RELOADED, '1');
  location.reload();
  await new Promise<never>(() => undefined);
}

/** The same script, told what to do beside previews. */
export function withDuties(script: string, duties: { isolate: boolean; offline: boolean }): string {
  const url = new URL(script, location.href);
  for (const [name, wanted] of Object.entries(duties)) if (wanted) url.searchParams.set(name, '1');
  return url.href;
}

/** Has the page's files so far, and these, kept for when the network is away. */
export async function keepFiles(urls: readonly string[]): Promise<void> {
  const { active } = await navigator.serviceWorker.ready;
  const loaded = performance.getEntriesByType('resource').map(({ name }) => name);
  const own = [location.href, ...loaded, ...urls].filter((url) => new URL(url).origin === location.origin && !new URL(url).hash);
  const { port1, port2 } = new MessageChannel();
  const message: KeepFiles = { type: 'oac-keep', urls: [...new Set(own)].filter((url) => !url.includes('/oac-')) };
  await new Promise<void>((resolve) => {
    port1.onmessage = (): void => {
      port1.close();
      resolve();
    };
    active?.postMessage(message, [port2]);
  });
}

/** Containers that have been torn down; their previews may still ask for them. */
const gone = new Set<number>();

function sayGone({ data }: MessageEvent<ConnectPreview>): void {
  if (data?.type === 'oac-connect' && gone.has(data.container)) data.lifeline.postMessage('gone');
}

/** One container's previews. */
export class Previews {
  readonly #registration: Registration;
  readonly #container: number;

  readonly #onMessage: (event: MessageEvent<ConnectPreview | FromPreview>) => void;

  /** `told`: what pages in previews say of themselves. */
  constructor(registration: Registration, container: number, kernel: KernelClient, told: (message: unknown) => void) {
    this.#registration = registration;
    this.#container = container;
    this.#onMessage = ({ data }): void => {
      if (data?.container !== this.#container) return;
      if (data.type === 'oac-connect') {
        const { kind, port, lifeline } = data;
        const { release } = kernel.connect(kind, port, () => lifeline.postMessage('gone'));
        lifeline.onmessage = release;
      } else if (data.type === 'oac-from-preview') {
        if ('message' in data.content) told(data.content.message);
        else kernel.call('setCookie', data.content.cookie, data.content.path).catch(() => undefined);
      }
    };
    navigator.serviceWorker.addEventListener('message', this.#onMessage);
    navigator.serviceWorker.startMessages();
  }

  /** From now on the container says only that it is gone. */
  close(): void {
    navigator.serviceWorker.removeEventListener('message', this.#onMessage);
    gone.add(this.#container);
    if (gone.size === 1) navigator.serviceWorker.addEventListener('message', sayGone);
  }

  /** Where a port is to be seen. */
  url(port: number): string {
    const { scope, clientId } = this.#registration;
    return new URL(previewPath(scope, { clientId, container: this.#container, port }), location.href).href;
  }
}

function noWorker(script: string, why: string, cause?: unknown): ContainerError {
  const message = `previews need the service worker ${script}: ${why}. Serve this package's dist/service-worker.js there, or boot with { serviceWorker: false }`;
  return new ContainerError({ code: 'ERR_SERVICE_WORKER', message }, { cause });
}

function active(registration: ServiceWorkerRegistration, script: string): Promise<ServiceWorker> {
  const worker = registration.active ?? registration.waiting ?? registration.installing;
  if (worker === null) return Promise.reject(noWorker(script, 'the browser has dropped it'));
  return new Promise((resolve, reject) => {
    const look = (): void => {
      if (worker.state === 'activated') resolve(worker);
      else if (worker.state === 'redundant') reject(noWorker(script, 'it could not be installed'));
    };
    worker.addEventListener('statechange', look);
    look();
  });
}

function whoAmI(worker: ServiceWorker): Promise<YouAre> {
  const { port1, port2 } = new MessageChannel();
  const question: WhoAmI = { type: 'oac-who-am-i' };
  return new Promise((resolve) => {
    port1.onmessage = ({ data }: MessageEvent<YouAre>): void => {
      port1.close();
      resolve(data);
    };
    worker.postMessage(question, [port2]);
  });
}
