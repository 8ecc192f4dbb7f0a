/** The page's part of previews: the service worker, and the way from it to a kernel. */
import { ContainerError } from './errors.js';
import type { KernelClient } from './kernel-client.js';
import type { ConnectPreview, WhoAmI, YouAre } from './messages.js';
import { previewPath } from './preview-address.js';

export class Previews {
  readonly #scope: string;
  readonly #clientId: string;
  readonly #container: number;

  private constructor(scope: string, clientId: string, kernel: KernelClient) {
    this.#scope = new URL(scope).pathname;
    this.#clientId = clientId;
    // Random, so that the containers of a page need not know of each other.
    this.#container = crypto.getRandomValues(new Uint32Array(1))[0]!;
    // It stays after teardown, for then `kernel` says that it is gone.
    navigator.serviceWorker.addEventListener('message', ({ data }: MessageEvent<ConnectPreview>): void => {
      if (data?.type !== 'oac-connect' || data.container !== this.#container) return;
      const { port, lifeline } = data;
      const { release } = kernel.connect(port, () => lifeline.postMessage('gone'));
      lifeline.onmessage = release;
    });
    navigator.serviceWorker.startMessages();
  }

  /**
   * Registers the service worker and waits until it works.
   *
   * @throws ContainerError ERR_SERVICE_WORKER
   */
  static async start(script: string, kernel: KernelClient): Promise<Previews> {
    if (navigator.serviceWorker === undefined) throw noWorker(script, 'this browser, or its private mode, has no service workers');
    let registration: ServiceWorkerRegistration;
    try {
      registration = await navigator.serviceWorker.register(script, { type: 'module' });
    } catch (error) {
      throw noWorker(script, error instanceof Error ? error.message : String(error), error);
    }
    const worker = await active(registration, script);
    const { clientId } = await whoAmI(worker);
    return new Previews(registration.scope, clientId, kernel);
  }

  /** Where a port is to be seen. */
  url(port: number): string {
    return new URL(previewPath(this.#scope, { clientId: this.#clientId, container: this.#container, port }), location.href).href;
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
