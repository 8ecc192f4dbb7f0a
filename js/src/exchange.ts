/** One HTTP request to a port of a container, over a MessagePort to its kernel: the asking side, in the page and the service worker. */
import { ContainerError } from './errors.js';
import type { ExchangeControl, ExchangeReply, ExchangeRequest, PreviewInsert } from './messages.js';

/** An exchange that failed before its response began. */
export class ExchangeFailed extends ContainerError {
  /** Nobody listens, but there are tasks that may yet. */
  readonly starting: boolean;

  constructor(reply: Extract<ExchangeReply, { type: 'failure' }>) {
    super(reply.error);
    this.starting = reply.starting;
  }
}

/** A way to a kernel, for one exchange. */
export interface Link {
  port: MessagePort;
  /** Aborted when the kernel is no more: a MessagePort does not tell of it. */
  gone: AbortSignal;
  /** Called when the link is not needed any more. */
  ended(): void;
}

export interface Answer {
  response: Response;
  /** For previews. */
  preview: PreviewInsert | undefined;
}

/** On an answer in the service worker, which may not carry `Set-Cookie` itself: it did. */
export const COOKIES_CHANGED = 'x-oac-cookies-changed';

/** Answers that have no body, whatever they are made of. */
const BODILESS = new Set([204, 205, 304]);

/** Encodings that a browser can take off; servers are asked not to use any. */
const ENCODINGS: Readonly<Record<string, CompressionFormat>> = { gzip: 'gzip', 'x-gzip': 'gzip', deflate: 'deflate' };

/**
 * Sends `request` (its address is replaced by `target`, its referrer by `referrer`) and gives the response when its head is there.
 *
 * @throws ExchangeFailed
 */
export async function exchange(
  { port, gone, ended }: Link,
  request: Request,
  where: Pick<ExchangeRequest, 'port' | 'target' | 'wait' | 'page'>,
  referrer = '',
): Promise<Answer> {
  const body = request.method === 'GET' || request.method === 'HEAD' ? null : new Uint8Array(await request.arrayBuffer());
  const headers = [...request.headers].filter(([name]) => name !== 'x-oac-wait');
  if (referrer !== '') headers.push(['referer', referrer]);
  const close = (): void => {
    port.close();
    ended();
  };
  const control = (message: ExchangeControl): void => port.postMessage(message);

  let started: (head: Extract<ExchangeReply, { type: 'head' }>) => void;
  let failed: (error: Error) => void;
  const head = new Promise<Extract<ExchangeReply, { type: 'head' }>>((resolve, reject) => {
    started = resolve;
    failed = reject;
  });
  let controller!: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>;
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      start: (c) => void (controller = c),
      pull: () => control('pull'),
      cancel: () => {
        control('cancel');
        close();
      },
    },
    // Only what the reader asks for is fetched from the program.
    { highWaterMark: 0 },
  );
  const fail = (failure: Extract<ExchangeReply, { type: 'failure' }>): void => {
    const error = new ExchangeFailed(failure);
    failed(error);
    controller.error(error);
    close();
  };
  const onGone = (): void => fail({ type: 'failure', error: { code: 'ERR_TORN_DOWN', message: 'the container has been torn down' }, starting: false });
  gone.addEventListener('abort', onGone);
  if (gone.aborted) onGone();
  port.onmessage = ({ data }: MessageEvent<ExchangeReply>): void => {
    if (data.type === 'head') started(data);
    else if (data.type === 'chunk') controller.enqueue(data.data as Uint8Array<ArrayBuffer>);
    else if (data.type === 'end') {
      controller.close();
      close();
    } else fail(data);
  };
  const message: ExchangeRequest = { ...where, method: request.method, headers, body };
  port.postMessage(message);
  request.signal.addEventListener('abort', () => {
    control('cancel');
    close();
    failed(request.signal.reason as Error);
  });
  const begun = await head;
  return { response: respond(begun, stream, request.method), preview: begun.preview };
}

function respond(
  { status, statusText, headers }: Extract<ExchangeReply, { type: 'head' }>,
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  method: string,
): Response {
  const kept = new Headers();
  // The connection's own headers are not the message's.
  for (const [name, value] of headers) {
    if (name.toLowerCase() === 'set-cookie') kept.set(COOKIES_CHANGED, '1');
    else if (name !== 'connection' && name !== 'keep-alive' && name !== 'transfer-encoding') kept.append(name, value);
  }
  if (BODILESS.has(status) || method === 'HEAD') {
    void stream.cancel();
    return new Response(null, { status, statusText, headers: kept });
  }
  const encoding = kept.get('content-encoding');
  const format = encoding === null ? undefined : ENCODINGS[encoding.trim().toLowerCase()];
  if (format === undefined) return new Response(stream, { status, statusText, headers: kept });
  kept.delete('content-encoding');
  kept.delete('content-length');
  return new Response(stream.pipeThrough(new DecompressionStream(format)), { status, statusText, headers: kept });
}
