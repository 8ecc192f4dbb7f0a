/**
 * What runs in a page of a preview before its own scripts: WebSockets to servers of the container, cookies, errors that are told, and
 * reloading on demand. The service worker serves this function's own text, so it uses nothing from outside itself.
 */

/** In `data-oac` of its script element. */
export interface PreviewClientConfig {
  /** The path of the preview. */
  address: string;
  port: number;
  forwardErrors: boolean | 'exceptions-only';
  cookies: string;
}

// It is compiled with the service worker, whose types have no documents.
declare const document: { readonly currentScript: { dataset: Record<string, string | undefined>; remove(): void } | null };
declare const Node: abstract new () => { nodeName: string };
declare const location: WorkerLocation & { reload(): void };

export function previewClient(): void {
  const script = document.currentScript;
  const config = JSON.parse(script?.dataset['oac'] ?? '{}') as PreviewClientConfig;
  script?.remove();
  const { address, port } = config;
  const container = navigator.serviceWorker;
  if (container === undefined || address === undefined) return;
  const previewId = crypto.randomUUID();
  const inside = (): string => {
    const { pathname } = location;
    return pathname.startsWith(address) ? pathname.slice(address.length - 1) : pathname;
  };
  const toWorker = (message: object, transfer: Transferable[] = []): void => {
    if (container.controller !== null) container.controller.postMessage(message, transfer);
    else void container.ready.then(({ active }) => active?.postMessage(message, transfer));
  };

  // ---- errors and console

  const tell = (message: object): void => {
    const { search, hash } = location;
    const whole = { ...message, previewId, port, pathname: inside(), search, hash };
    try {
      toWorker({ type: 'oac-preview-message', address, message: whole });
    } catch {
      // Something in it cannot be sent as it is.
      toWorker({ type: 'oac-preview-message', address, message: JSON.parse(JSON.stringify(whole, (_, value: unknown) => (typeof value === 'bigint' || typeof value === 'symbol' || typeof value === 'function' ? String(value) : value))) as object });
    }
  };
  if (config.forwardErrors !== false) {
    addEventListener('error', (event) => {
      // Those of elements (an image that is missing) are no exceptions.
      if (event instanceof ErrorEvent) tell({ type: 'PREVIEW_UNCAUGHT_EXCEPTION', message: event.error instanceof Error ? event.error.message : event.message, stack: (event.error as Error | null)?.stack });
    });
    addEventListener('unhandledrejection', ({ reason }) => {
      const isError = reason instanceof Error;
      tell({ type: 'PREVIEW_UNHANDLED_REJECTION', message: isError ? reason.message : String(reason), stack: isError ? reason.stack : undefined });
    });
  }
  if (config.forwardErrors === true) {
    const original = console.error.bind(console);
    console.error = (...args: unknown[]): void => {
      original(...args);
      const plain = args.map((value) => (value instanceof Error ? value.stack ?? value.message : value instanceof Node ? value.nodeName : value));
      tell({ type: 'PREVIEW_CONSOLE_ERROR', args: plain, stack: new Error().stack ?? '' });
    };
  }

  // ---- reloading

  addEventListener('message', ({ data }: MessageEvent<{ type?: string; callback?: MessagePort } | null>) => {
    if (data?.type !== 'LOCALSERVICE_RELOAD_WINDOW') return;
    data.callback?.postMessage({ type: 'LOCALSERVICE_WINDOW_RELOADED' });
    location.reload();
  });

  // ---- cookies

  let cookies = config.cookies;
  container.addEventListener('message', ({ data }: MessageEvent<{ type?: string; cookies?: string } | null>) => {
    if (data?.type === 'oac-cookies') cookies = data.cookies ?? '';
  });
  container.startMessages();
  Object.defineProperty(document, 'cookie', {
    configurable: true,
    enumerable: true,
    get: () => cookies,
    set(line: unknown) {
      const text = String(line);
      const pair = text.split(';')[0]!.trim();
      const name = pair.includes('=') ? pair.slice(0, pair.indexOf('=')).trim() : '';
      const rest = cookies.split('; ').filter((cookie) => cookie !== '' && (cookie.includes('=') ? cookie.slice(0, cookie.indexOf('=')) : '') !== name);
      const age = /;\s*max-age=(-?\d+)/i.exec(text);
      const expires = /;\s*expires=([^;]+)/i.exec(text);
      const isOver = age !== null ? Number(age[1]) <= 0 : expires !== null && Date.parse(expires[1]!) <= Date.now();
      const path = /;\s*path=([^;]+)/i.exec(text)?.[1]?.trim();
      if (isOver) cookies = rest.join('; ');
      else if (path === undefined || inside().startsWith(path)) cookies = [...rest, pair].join('; ');
      toWorker({ type: 'oac-cookie', address, cookie: text, path: inside() });
    },
  });

  // ---- WebSockets

  const Native = WebSocket;
  const LOCAL = ['localhost', '127.0.0.1', '[::1]', '0.0.0.0'];
  /** The container's port that an address is of; `undefined`: it is another machine's. */
  const portOf = (url: URL): number | undefined => {
    if (url.host === location.host) return port;
    if (!LOCAL.includes(url.hostname)) return undefined;
    return Number(url.port === '' ? (url.protocol === 'wss:' ? 443 : 80) : url.port);
  };

  class PreviewWebSocket extends EventTarget {
    static readonly CONNECTING = 0;
    static readonly OPEN = 1;
    static readonly CLOSING = 2;
    static readonly CLOSED = 3;
    readonly CONNECTING = 0;
    readonly OPEN = 1;
    readonly CLOSING = 2;
    readonly CLOSED = 3;
    readonly url: string;
    readyState = 0;
    protocol = '';
    extensions = '';
    bufferedAmount = 0;
    binaryType: BinaryType = 'blob';
    onopen: ((event: Event) => void) | null = null;
    onmessage: ((event: MessageEvent) => void) | null = null;
    onerror: ((event: Event) => void) | null = null;
    onclose: ((event: CloseEvent) => void) | null = null;
    readonly #port: MessagePort;

    constructor(url: URL, protocols: string[], toPort: number) {
      super();
      this.url = url.href;
      const { port1, port2 } = new MessageChannel();
      this.#port = port1;
      port1.onmessage = ({ data }: MessageEvent<Record<string, unknown>>): void => this.#receive(data);
      const pathname = url.host === location.host && url.pathname.startsWith(address) ? url.pathname.slice(address.length - 1) : url.pathname;
      port1.postMessage({ port: toPort, target: pathname + url.search, protocols, origin: `http://localhost:${port}` });
      toWorker({ type: 'oac-socket', address, port: port2 }, [port2]);
      addEventListener('pagehide', () => port1.postMessage({ close: 1001, reason: '' }));
    }

    send(data: string | ArrayBuffer | ArrayBufferView | Blob): void {
      if (this.readyState === 0) throw new DOMException("Failed to execute 'send' on 'WebSocket': Still in CONNECTING state.", 'InvalidStateError');
      if (this.readyState !== 1) return;
      if (data instanceof Blob) {
        void data.arrayBuffer().then((bytes) => this.#post(bytes));
      } else if (data instanceof ArrayBuffer) this.#post(data.slice(0));
      else if (ArrayBuffer.isView(data)) this.#post(new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength).slice().buffer);
      else this.#post(String(data));
    }

    #post(data: string | ArrayBuffer): void {
      this.bufferedAmount += typeof data === 'string' ? new TextEncoder().encode(data).length : data.byteLength;
      this.#port.postMessage({ data });
    }

    close(code = 1005, reason = ''): void {
      if (code !== 1005 && code !== 1000 && (code < 3000 || code > 4999)) throw new DOMException(`Failed to execute 'close' on 'WebSocket': The close code must be either 1000, or between 3000 and 4999. ${code} is neither.`, 'InvalidAccessError');
      if (this.readyState >= 2) return;
      this.readyState = 2;
      this.#port.postMessage({ close: code, reason });
    }

    #fire(event: Event): void {
      this.dispatchEvent(event);
    }

    #receive(message: Record<string, unknown>): void {
      if (typeof message['open'] === 'string') {
        if (this.readyState !== 0) return;
        this.readyState = 1;
        this.protocol = message['open'];
        this.extensions = String(message['extensions']);
        this.#fire(new Event('open'));
      } else if ('data' in message) {
        if (this.readyState !== 1) return;
        const data = message['data'] instanceof ArrayBuffer && this.binaryType === 'blob' ? new Blob([message['data']]) : message['data'];
        this.#fire(new MessageEvent('message', { data, origin: new URL(this.url).origin }));
      } else if ('sent' in message) this.bufferedAmount -= Number(message['sent']);
      else if ('close' in message) {
        if (this.readyState === 3) return;
        this.readyState = 3;
        const wasClean = message['wasClean'] === true;
        if (!wasClean) this.#fire(new Event('error'));
        this.#fire(new CloseEvent('close', { code: Number(message['close']), reason: String(message['reason']), wasClean }));
        this.#port.close();
      }
    }

    override dispatchEvent(event: Event): boolean {
      const result = super.dispatchEvent(event);
      const handler = this[`on${event.type}` as 'onopen'];
      if (typeof handler === 'function') handler.call(this, event);
      return result;
    }
  }

  globalThis.WebSocket = new Proxy(Native, {
    construct(target, [url, protocols]: [string | URL, (string | string[])?]) {
      const full = new URL(url, location.href);
      full.protocol = full.protocol.replace('http', 'ws');
      const toPort = portOf(full);
      if (toPort === undefined) return new target(url, protocols);
      return new PreviewWebSocket(full, protocols === undefined ? [] : Array.isArray(protocols) ? protocols : [protocols], toPort);
    },
    // `instanceof WebSocket` holds for both.
    get: (target, name, receiver) => (name === Symbol.hasInstance ? (value: unknown) => value instanceof PreviewWebSocket || value instanceof Native : Reflect.get(target, name, receiver)),
  });
}
