// HTTPParser and ConnectionsList, as src/node_http_parser.cc. Parsing is an op that returns what it found as a flat list; this
// file makes the calls that Node's library expects, in the same scopes.

import { AsyncWrap, callIn, makeCallback } from '../async_wrap';
import { triggerUncaughtException } from '../fatal';
import { constant } from '../oracle';
import { monotonicNs } from '../loop';
import { freeWhenCollected } from '../resources';
import type { ReadListener, StreamSource } from '../read_listener';
import { asBuffer } from './buffer';

declare global {
  interface Ops {
    http_parser_new(kind: number, maxHeaderBytes: number, leniency: number): number;
    http_parser_limit(parser: number, fields: number): void;
    http_parser_execute(parser: number, input: Bytes, from: number): ParserStep;
    http_parser_finish(parser: number): ParserStep;
    http_parser_answer(parser: number, answer: number): void;
    http_parser_fail(parser: number): void;
    http_parser_pause(parser: number, paused: boolean): void;
  }
  /** `[position, wants an answer, code?, reason?, bytes parsed?, …events]`. */
  type ParserStep = [number, boolean, string | undefined, string | undefined, number | undefined, ...any[]];
}

const enum On { MessageBegin, Headers, HeadersComplete, Body, MessageComplete, Execute }
const firstEvent = 5;
const REQUEST = 1;

const { ops } = host;
const Uint8 = Uint8Array;

/** Thrown through `execute` when a callback threw and the exception belongs to the caller. */
interface Failure { error: unknown }

class HTTPParser extends AsyncWrap implements ReadListener {
  #id = 0;
  #list: ConnectionsList | undefined;
  #source: StreamSource | undefined;
  #current: Uint8Array | undefined;
  #kind = 0;
  /** The `maxHeaderPairs` that the parser was told of. */
  #pairs = 0;
  /** When the current message began; 0 when idle. */
  startedNs = 0;
  headersCompleted = false;

  constructor() {
    super('HTTPINCOMINGMESSAGE');
    for (const hidden of ['startedNs', 'headersCompleted']) {
      Object.defineProperty(this, hidden, { enumerable: false, writable: true });
    }
  }

  initialize(kind: number, resource: object, maxHeaderBytes = 0, leniency = 0, list?: ConnectionsList | null): void {
    this.asyncReset(resource);
    this.#drop();
    this.#kind = kind;
    this.#pairs = 0;
    this.#id = ops.http_parser_new(kind, maxHeaderBytes || defaultHeaderBytes(), leniency);
    freeWhenCollected(this, this.#id);
    this.headersCompleted = false;
    this.#list = list ?? undefined;
    if (list != null) {
      // A connection that never sends anything must time out as well.
      this.startedNs = monotonicNs();
      list.push(this, true);
    }
  }

  execute(input: Uint8Array): number | Error | undefined {
    return this.#run(input);
  }

  finish(): Error | undefined {
    const step = ops.http_parser_finish(this.#id);
    this.#deliver(step, new Uint8(0));
    return step[2] === undefined ? undefined : parseError(step);
  }

  close(): void {
    this.#drop();
  }

  free(): void { AsyncWrap.end(this); }

  remove(): void {
    this.#list?.pop(this);
  }

  pause(): void {
    ops.http_parser_pause(this.#id, true);
  }

  resume(): void {
    ops.http_parser_pause(this.#id, false);
  }

  consume(handle: StreamSource): void {
    this.#source = handle;
    handle.pushListener(this);
  }

  unconsume(): void {
    this.#source?.removeListener(this);
    this.#source = undefined;
  }

  getCurrentBuffer(): Uint8Array {
    return asBuffer(this.#current === undefined ? new Uint8(0) : this.#current.slice());
  }

  /** What a consumed stream read. */
  onRead(input: Uint8Array): void {
    let result: number | Error | undefined;
    try {
      result = this.#run(input);
    } catch (error) {
      triggerUncaughtException(error, false);
      return;
    }
    this.#current = input;
    makeCallback(this, On.Execute, result);
    this.#current = undefined;
  }

  #drop(): void {
    if (this.#id === 0) return;
    ops.resource_drop(this.#id);
    this.#id = 0;
  }

  /** Gives the bytes used or the parse error, nothing if a callback threw. */
  #run(input: Uint8Array): number | Error | undefined {
    const id = this.#id;
    const outer = this.#current;
    this.#current = input;
    // What the library sets on it; of responses it takes as many, and leaves the rest away.
    const pairs: unknown = (this as any).maxHeaderPairs;
    if (this.#kind === REQUEST && pairs !== this.#pairs && typeof pairs === 'number') {
      this.#pairs = pairs;
      ops.http_parser_limit(id, Math.max(0, pairs >> 1));
    }
    try {
      let step = ops.http_parser_execute(id, input, 0);
      for (;;) {
        const answer = this.#deliver(step, input);
        // The parser may have been closed by what it called.
        if (this.#id !== id) return step[0];
        if (!step[1]) break;
        ops.http_parser_answer(id, answer);
        step = ops.http_parser_execute(id, input, step[0]);
      }
      return step[2] === undefined ? step[0] : parseError(step);
    } catch (error) {
      if (this.#id === id) ops.http_parser_fail(id);
      throw error;
    } finally {
      this.#current = outer;
    }
  }

  /** Makes the calls of a step; gives the answer to the last one. */
  #deliver(step: ParserStep, input: Uint8Array): number {
    let answer = 0;
    for (let at = firstEvent; at < step.length;) {
      switch (step[at] as On) {
        case On.MessageBegin:
          this.#onMessageBegin();
          at += 1;
          break;
        case On.Headers:
          this.#call(On.Headers, step[at + 1], step[at + 2]);
          at += 3;
          break;
        case On.HeadersComplete: {
          this.headersCompleted = true;
          answer = this.#call(On.HeadersComplete, ...step.slice(at + 1, at + 10)) | 0;
          at += 10;
          break;
        }
        case On.Body:
          this.#call(On.Body, asBuffer(input.slice(step[at + 1], step[at + 2])));
          at += 3;
          break;
        default:
          this.#onMessageComplete();
          at += 1;
      }
    }
    return answer;
  }

  #onMessageBegin(): void {
    this.#list?.pop(this);
    this.headersCompleted = false;
    this.startedNs = monotonicNs();
    this.#list?.push(this, true);
    this.#call(On.MessageBegin);
  }

  #onMessageComplete(): void {
    this.#list?.pop(this);
    this.startedNs = 0;
    this.#list?.push(this, false);
    this.#call(On.MessageComplete);
  }

  /** Calls in the parser's async context. An exception is the caller's. */
  #call(which: On, ...args: unknown[]): any {
    const fn = (this as any)[which];
    if (typeof fn !== 'function') return undefined;
    let failure: Failure | undefined;
    const result = callIn(this, () => {
      try {
        return Reflect.apply(fn, this, args);
      } catch (error) {
        failure = { error };
        return undefined;
      }
    }, which !== On.Body && which !== On.Headers);
    if (failure !== undefined) throw (failure as Failure).error;
    return result;
  }
}
Object.assign(HTTPParser, { ...constant('http_parser', 'HTTPParser') });

function defaultHeaderBytes(): number {
  return host.loadGlue('bindings/options').numberOption?.('--max-http-header-size') ?? 0;
}

function parseError(step: ParserStep): Error {
  const error: any = new Error('Parse Error');
  error.bytesParsed = step[4];
  error.code = step[2];
  error.reason = step[3];
  return error;
}

/** The parsers of a server's connections, for its timeouts and `closeIdleConnections`. */
class ConnectionsList {
  #all = new Set<HTTPParser>();
  #active = new Set<HTTPParser>();

  push(parser: HTTPParser, active: boolean): void {
    this.#all.add(parser);
    if (active) this.#active.add(parser);
  }

  pop(parser: HTTPParser): void {
    this.#all.delete(parser);
    this.#active.delete(parser);
  }

  all(): HTTPParser[] {
    return byStart(this.#all);
  }

  idle(): HTTPParser[] {
    return byStart(this.#all).filter((parser) => parser.startedNs === 0);
  }

  active(): HTTPParser[] {
    return byStart(this.#active);
  }

  /** Takes out those whose head or whole message took longer than these. */
  expired(headersTimeoutMs: number, requestTimeoutMs: number): HTTPParser[] {
    let [headers, request] = [headersTimeoutMs * 1e6, requestTimeoutMs * 1e6];
    if (headers === 0 && request === 0) return [];
    if (request > 0 && headers > request) [headers, request] = [request, headers];
    const now = monotonicNs();
    const late = (parser: HTTPParser, limit: number) => limit > 0 && now > limit && parser.startedNs < now - limit;
    const expired = byStart(this.#active).filter(
      (parser) => (!parser.headersCompleted && late(parser, headers)) || late(parser, request),
    );
    for (const parser of expired) this.#active.delete(parser);
    return expired;
  }
}
for (const hidden of ['push', 'pop']) Object.defineProperty(ConnectionsList.prototype, hidden, { enumerable: false });

function byStart(parsers: Set<HTTPParser>): HTTPParser[] {
  return [...parsers].sort((a, b) => a.startedNs - b.startedNs);
}

export function create(): object {
  return { HTTPParser, ConnectionsList };
}
