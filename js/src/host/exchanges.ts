/** HTTP exchanges with ports of the container, for the service worker and the page: the kernel's end of their MessagePorts. */
import { ERRNO_TEXT } from '../generated/abi.js';
import { ContainerError, type ErrnoName, toRecord } from '../errors.js';
import type { CompletionDetail, WebKernel } from '../kernel/oac_web.js';
import type { Turn } from './turn.js';
import type { ExchangeControl, ExchangeReply, ExchangeRequest, PreviewSettings } from '../messages.js';
import type { Cookies } from './cookies.js';

/** Connections at a time, more than a browser makes to one host; further requests wait for their turn. */
const EXCHANGES_MAX = 64;

interface Exchange {
  port: MessagePort;
  request: ExchangeRequest;
}

type ExchangeCompletion = Extract<CompletionDetail, { exchange: number }>;

export class Exchanges {
  readonly #kernel: WebKernel;
  readonly #turn: Turn;
  readonly #open = new Map<number, Exchange>();
  /** Requests for ports on which nobody listens yet. */
  readonly #patient = new Map<number, Set<Exchange>>();
  /** In the order in which they came. */
  readonly #queue: Exchange[] = [];
  readonly #cookies: Cookies;
  #preview: PreviewSettings = { forwardErrors: false, scripts: [] };
  #next = 1;

  constructor(kernel: WebKernel, turn: Turn, cookies: Cookies) {
    this.#kernel = kernel;
    this.#turn = turn;
    this.#cookies = cookies;
  }

  /** From the next answer on. */
  setPreview(settings: PreviewSettings): void {
    this.#preview = settings;
  }

  /** Serves the one request that will come on this port. */
  accept(port: MessagePort): void {
    port.onmessage = ({ data }: MessageEvent<ExchangeRequest>): void => this.#enqueue({ port, request: data });
  }

  portOpened(port: number): void {
    const waiting = this.#patient.get(port);
    this.#patient.delete(port);
    for (const exchange of waiting ?? []) this.#enqueue(exchange);
  }

  /** `tasksRun`: whether somebody is there who may yet listen. */
  completed(detail: ExchangeCompletion, tasksRun: boolean): void {
    const exchange = this.#open.get(detail.exchange);
    if (exchange === undefined) return;
    if ('status' in detail) {
      const headers: [string, string][] = [];
      for (let at = 0; at + 1 < detail.headers.length; at += 2) headers.push([detail.headers[at]!, detail.headers[at + 1]!]);
      const head = { type: 'head', status: detail.status, statusText: detail.statusText, headers } as const;
      this.#reply(exchange, exchange.request.page === undefined ? head : { ...head, preview: this.#previewed(exchange.request.target, exchange.request.page, headers) });
    } else if ('data' in detail) {
      if (detail.data !== null) this.#reply(exchange, { type: 'chunk', data: detail.data }, [detail.data.buffer as ArrayBuffer]);
      else this.#finish(detail.exchange, exchange, { type: 'end' });
    } else if (detail.errno === 'ECONNREFUSED' && exchange.request.wait) {
      this.#closed(detail.exchange);
      this.#wait(exchange);
    } else {
      this.#finish(detail.exchange, exchange, { type: 'failure', error: failure(detail.errno, exchange.request.port), starting: tasksRun });
    }
  }

  #previewed(target: string, page: string, headers: readonly [string, string][]): PreviewSettings & { cookies: string } {
    for (const [name, value] of headers) if (name.toLowerCase() === 'set-cookie') this.#cookies.set(value, target, true);
    return { ...this.#preview, cookies: this.#cookies.visible(page) };
  }

  #enqueue(exchange: Exchange): void {
    this.#queue.push(exchange);
    exchange.port.onmessage = ({ data }: MessageEvent<ExchangeControl>): void => {
      const at = this.#queue.indexOf(exchange);
      if (data === 'cancel' && at >= 0) this.#queue.splice(at, 1);
    };
    this.#dequeue();
  }

  #dequeue(): void {
    while (this.#open.size < EXCHANGES_MAX && this.#queue.length > 0) this.#start(this.#queue.shift()!);
  }

  #closed(id: number): void {
    if (this.#open.delete(id)) this.#dequeue();
  }

  #start(exchange: Exchange): void {
    const id = this.#next++;
    const { port, method, target, body, page } = exchange.request;
    const cookie = page === undefined ? '' : this.#cookies.header(target);
    const headers = cookie === '' ? exchange.request.headers : [...exchange.request.headers.filter(([name]) => name !== 'cookie'), ['cookie', cookie]];
    this.#open.set(id, exchange);
    exchange.port.onmessage = ({ data }: MessageEvent<ExchangeControl>): void => this.#turn(() => this.#control(id, exchange, data));
    try {
      this.#turn(() => this.#kernel.exchangeStart(id, port, method, target, headers.flat(), body ?? new Uint8Array()));
    } catch (error) {
      this.#finish(id, exchange, { type: 'failure', error: toRecord(error), starting: false });
    }
  }

  #control(id: number, exchange: Exchange, control: ExchangeControl): void {
    if (control === 'pull') {
      if (this.#open.has(id)) this.#kernel.exchangePull(id);
      return;
    }
    if (this.#open.has(id)) this.#kernel.exchangeCancel(id);
    this.#closed(id);
    exchange.port.close();
  }

  #wait(exchange: Exchange): void {
    const { port } = exchange.request;
    const waiting = this.#patient.get(port) ?? new Set();
    this.#patient.set(port, waiting.add(exchange));
    exchange.port.onmessage = ({ data }: MessageEvent<ExchangeControl>): void => {
      if (data === 'cancel') waiting.delete(exchange);
    };
  }

  #reply(exchange: Exchange, reply: ExchangeReply, transfer: Transferable[] = []): void {
    exchange.port.postMessage(reply, transfer);
  }

  #finish(id: number, exchange: Exchange, reply: ExchangeReply): void {
    this.#reply(exchange, reply);
    this.#closed(id);
  }
}

function failure(errno: string, port: number): ReturnType<typeof toRecord> {
  const code = errno as ErrnoName;
  if (code === 'ECONNREFUSED') return { code, message: `nothing listens on port ${port} of the container`, syscall: 'connect' };
  if (errno === 'ERR_BAD_RESPONSE') {
    return toRecord(new ContainerError({ code: errno, message: `the server on port ${port} sent something that is not HTTP/1.1` }));
  }
  return { code, message: `${code}: ${ERRNO_TEXT[code]}, while talking to port ${port}` };
}
