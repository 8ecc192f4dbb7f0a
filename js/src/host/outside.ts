/** The kernel's fetches, made with the browser's `fetch`. */
import type { FetchDetail, WebKernel } from '../kernel/oac_web.js';
import type { CorsProxy } from '../messages.js';
import type { Turn } from './turn.js';

/** Headers that describe the encoding which the browser has already taken off. */
const DECODED = new Set(['content-encoding', 'content-length', 'transfer-encoding']);

/** What a program names a proxy by, perhaps with its password: a browser has its own, and no server is to see it. */
const PROXY_HEADER = 'oac-proxy';

interface Fetch {
  abort: AbortController;
  /** Set while the kernel's buffer is full. */
  resume: (() => void) | undefined;
}

export class Outside {
  readonly #kernel: WebKernel;
  readonly #turn: Turn;
  readonly #fetches = new Map<number, Fetch>();
  #proxy: CorsProxy | undefined;

  constructor(kernel: WebKernel, turn: Turn) {
    this.#kernel = kernel;
    this.#turn = turn;
  }

  /** From now on requests to other origins go through it; `undefined`: straight to them. */
  setProxy(proxy: CorsProxy | undefined): void {
    this.#proxy = proxy;
  }

  start(detail: FetchDetail): void {
    const state: Fetch = { abort: new AbortController(), resume: undefined };
    this.#fetches.set(detail.id, state);
    void this.#run(detail, state).finally(() => this.#fetches.delete(detail.id));
  }

  resume(id: number): void {
    const state = this.#fetches.get(id);
    state?.resume?.();
  }

  cancel(id: number): void {
    const state = this.#fetches.get(id);
    this.#fetches.delete(id);
    state?.abort.abort();
    state?.resume?.();
  }

  async #run({ id, method, url, headers, body }: FetchDetail, state: Fetch): Promise<void> {
    let response: Response;
    try {
      response = await fetch(this.#proxy === undefined ? url : proxied(this.#proxy, url), {
        method,
        headers: pairs(headers).filter(([name]) => name.toLowerCase() !== PROXY_HEADER),
        ...(body.length === 0 ? {} : { body: body as Uint8Array<ArrayBuffer> }),
        signal: state.abort.signal,
        credentials: 'omit',
        // What the container keeps, it keeps itself.
        cache: 'no-store',
      });
    } catch {
      // A browser does not say why.
      if (state.abort.signal.aborted) return;
      this.#turn(() => this.#kernel.fetchFailed(id));
      return;
    }
    const kept: string[] = [];
    response.headers.forEach((value, name) => {
      if (!DECODED.has(name)) kept.push(name, value);
    });
    this.#turn(() => this.#kernel.fetchHead(id, response.status, response.statusText, response.url, kept));
    try {
      const reader = response.body?.getReader();
      for (;;) {
        const next = await reader?.read();
        if (next === undefined || next.done) break;
        if (state.abort.signal.aborted) return;
        if (this.#turn(() => this.#kernel.fetchBody(id, next.value))) await this.#paused(state);
      }
    } catch {
      if (!state.abort.signal.aborted) this.#turn(() => this.#kernel.fetchEnd(id, false));
      return;
    }
    if (!state.abort.signal.aborted) this.#turn(() => this.#kernel.fetchEnd(id, true));
  }

  #paused(state: Fetch): Promise<void> {
    return new Promise((resolve) => {
      state.resume = () => {
        state.resume = undefined;
        resolve();
      };
    });
  }
}

/** The address by which a proxy is asked for another. */
function proxied({ address, domains }: CorsProxy, url: string): string {
  const { origin, hostname } = new URL(url);
  if (origin === self.location.origin) return url;
  if (domains !== undefined && !domains.some((domain) => hostname === domain || hostname.endsWith(`.${domain}`))) return url;
  return address.includes('{url}') ? address.replaceAll('{url}', encodeURIComponent(url)) : address + url;
}

function pairs(flat: readonly string[]): [string, string][] {
  const list: [string, string][] = [];
  for (let at = 0; at + 1 < flat.length; at += 2) list.push([flat[at]!, flat[at + 1]!]);
  return list;
}
