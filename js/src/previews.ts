/** The page's part of previews: the service worker, and the way from it to a kernel. */
import { ContainerError } from './errors.js';
import type { KernelClient } from './kernel-client.js';
import type { ConnectPreview, FromPreview, WhoAmI, YouAre } from './messages.js';
import { previewPath } from './preview-address.js';

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

/** Containers that have been torn down; their previews may still ask for them. */
const gone = new Set<number>();

function sayGone({ data }: MessageEvent<ConnectPreview>): void {
  if (data?.type === 'oac-connect' && gone.has(data.container)) data.lifeline.postMessage('gone');
}

/** One container's previews. */
export class Previews {
  readonly #registration: Registration;
  /** Random, so that the containers of a page need not know of each other. */
  readonly #container = crypto.getRandomValues(new Uint32Array(1))[0]!;

  readonly #onMessage: (event: MessageEvent<ConnectPreview | FromPreview>) => void;

  /** `told`: what pages in previews say of themselves. */
  constructor(registration: Registration, kernel: KernelClient, told: (message: unknown) => void) {
    this.#registration = registration;
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
