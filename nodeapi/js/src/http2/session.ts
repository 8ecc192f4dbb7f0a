// node::http2::Http2Session: one connection of HTTP/2, client or server. RFC 9113. Frames are read and written here; headers are
// compressed by the op `hpack_*`.

import { AsyncWrap, makeCallback, callIn } from '../async_wrap';
import { asBuffer, utf8Text } from '../bindings/buffer';
import { enqueueWork, monotonicNs } from '../loop';
import type { ReadListener } from '../read_listener';
import { freeWhenCollected } from '../resources';
import { joined, State, streamBaseState, WriteWrap } from '../stream_base';
import { readOptions, readSettings, sessionState, writeSettings } from './buffers';
import { Code, Flag, Frame, frame, get32, HEADER_BYTES, FRAME_BYTES, PREFACE, put32, Settings, WINDOW_BYTES, WINDOW_BYTES_MAX, word } from './frames';
import { Http2Stream, OPTION_EMPTY_PAYLOAD, OPTION_GET_TRAILERS } from './stream';

declare global {
  interface Ops {
    hpack_new(): number;
    hpack_table(session: number, bytes: number, own: boolean): void;
    hpack_encode(session: number, headers: string): Uint8Array;
    hpack_decode(session: number, block: Bytes, pairsMax: number, bytesMax: number): [headers: string[], sensitive: string[]] | number;
  }
}

const { ops } = host;
const SERVER = 0;
const enum Category { Request, Response, PushResponse, Headers }
const enum Bit { RemoteSettingsListeners, SettingsUpToDate, PingListeners, AltsvcListeners }
/** `http2.constants.PADDING_STRATEGY_*`; with `CALLBACK` (deprecated) Node aligns. */
const enum Padding { None, Aligned, Max }
/** With the byte that says how much there is. */
const PADDING_BYTES_MAX = 256;
const FIELDS = 12;
const ERR_PROTO = -505;
const ERR_STREAM_ID_NOT_AVAILABLE = -509;
const ERR_FLOODED = -904;
const STREAMS_MAX_ID = 0x7fffffff;
/** Bytes of headers in one block, with their compression. */
const BLOCK_BYTES_MAX = 1 << 18;
/** Output that is made at once; more follows when that has gone. */
const OUTPUT_BYTES = 1 << 18;
/** Frames of answers (acks) that wait for a peer which does not read. */
const ANSWERS_MAX = 1000;

/** What the library gives to `setCallbackFunctions`. */
export const callbacks: Record<'internalError' | 'priority' | 'settings' | 'ping' | 'headers' | 'frameError' | 'goaway' | 'altsvc' | 'origin' | 'trailers' | 'close', (...args: any[]) => any> = {} as any;

interface Ping { done: (ack: boolean, ms: number, payload: Uint8Array) => void; sentNs: number; payload: Uint8Array }
interface Pending { pairs: [number, number][]; done: (ack: boolean, ms: number) => void; sentNs: number }

export class Http2Session extends AsyncWrap implements ReadListener {
  readonly fields = new Uint8Array(FIELDS);
  chunksSentSinceLastWrite = 0;
  #isServer: boolean;
  #stream: any;
  #hpack: number;
  #options = readOptions();
  #input: Uint8Array = new Uint8Array(0);
  #awaitsPreface: boolean;
  #output: Uint8Array[] = [];
  #answers = 0;
  #written: { req: any; stream: Http2Stream }[] = [];
  #writing = false;
  #scheduled = false;
  #receiving = false;
  #streams = new Map<number, Http2Stream>();
  /** Requests beyond what the peer lets run at once. */
  #waiting: (() => void)[] = [];
  #nextId: number;
  #lastPeerId = 0;
  #sendWindow = WINDOW_BYTES;
  #receiveWindow = WINDOW_BYTES;
  #receiveWindowMax = WINDOW_BYTES;
  #consumed = 0;
  #local = new Settings();
  #remote = new Settings();
  #pendingSettings: Pending[] = [];
  #pings: Ping[] = [];
  /** A block of headers that is not at its end. */
  #block: { id: number; parts: Uint8Array[]; bytes: number; ends: boolean; promised: number } | undefined;
  #graceful = false;
  #goawaySent = false;
  #destroyed = false;
  #resets = 0;
  #resetsSinceNs = 0;

  constructor(type: number) {
    super('HTTP2SESSION');
    this.#isServer = type === SERVER;
    this.#awaitsPreface = this.#isServer;
    this.#nextId = this.#isServer ? 2 : 1;
    this.#hpack = ops.hpack_new();
    freeWhenCollected(this, this.#hpack);
    // Node's own, which it does not send unless it is told to.
    this.#local.maxHeaderListSize = 65535;
  }

  // --- the connection below --------------------------------------------------------------------------------------------------------

  consume(handle: any): void {
    this.#stream = handle;
    handle.pushListener(this);
    if (!this.#isServer) this.#output.push(PREFACE);
    handle.readStart();
  }

  receive(bytes: Uint8Array): void { this.onRead(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)); }

  /** Sends soon what there is to send: not before the program has said all that it says now. */
  schedule(): void {
    if (this.#scheduled || this.#destroyed) return;
    this.#scheduled = true;
    enqueueWork(() => {
      this.#scheduled = false;
      callIn(this, () => this.#flush());
    });
  }

  #put(type: Frame, flags: number, stream: number, payload: Uint8Array): void {
    this.#output.push(frame(type, flags, stream, payload));
    this.schedule();
  }

  #flush(): void {
    if (this.#writing || this.#stream === undefined) return;
    this.#pump();
    if (this.#output.length === 0) {
      this.#completeGracefully();
      return;
    }
    const bytes = joined(this.#output);
    const written = this.#written;
    [this.#output, this.#written, this.#answers] = [[], [], 0];
    this.#writing = true;
    this.chunksSentSinceLastWrite += 1;
    const req: any = new WriteWrap();
    const done = (status: number): void => {
      this.#writing = false;
      for (const { req: one, stream } of written) makeCallback(one, 'oncomplete', status, stream, undefined);
      if (this.#destroyed) makeCallback(this, 'ondone');
      else if (status === 0) this.#flush();
    };
    req.oncomplete = done;
    const error = this.#stream.writeBuffer(req, asBuffer(bytes));
    if (error !== 0 || streamBaseState[State.LastWriteWasAsync] === 0) enqueueWork(() => done(error));
  }

  /** Makes frames of what streams have queued, as far as windows go; each in its turn. */
  #pump(): void {
    let room = OUTPUT_BYTES;
    let goesOn = true;
    while (goesOn && room > 0) {
      goesOn = false;
      for (const stream of [...this.#streams.values()]) {
        if (stream.localEnded || stream.gone) continue;
        if (stream.hasData) {
          const largest = Math.min(stream.sendWindow, this.#sendWindow, this.#remote.maxFrameSize, FRAME_BYTES);
          // Padding counts, too; there may be no room for more than it.
          const limit = this.#options.padding === Padding.None ? largest : largest - 1;
          if (limit <= 0) continue;
          const data = stream.take(limit, (req) => this.#written.push({ req, stream }));
          const [padded, payload] = this.#padded(data, largest);
          stream.sendWindow -= payload.length;
          this.#sendWindow -= payload.length;
          room -= data.length;
          goesOn = true;
          const ends = stream.finished && !stream.hasData && !stream.wantsTrailers;
          if (data.length > 0 || ends) this.#output.push(frame(Frame.Data, padded | (ends ? Flag.EndStream : 0), stream.number, payload));
          if (ends) this.#ended(stream);
        } else if (stream.resetLater !== undefined) {
          this.resetStream(stream, stream.resetLater);
        } else if (stream.finished) {
          if (!stream.wantsTrailers) this.endStream(stream);
          else if (!stream.gone) {
            stream.wantsTrailers = false;
            stream.finished = false;
            callIn(stream, () => Reflect.apply(callbacks.trailers, stream, []));
          }
        }
      }
    }
  }

  /** A payload with the padding that the program wants, and the flag that says so: RFC 9113, 6.1. */
  #padded(payload: Uint8Array, largest: number): [flag: number, payload: Uint8Array] {
    const { padding } = this.#options;
    if (padding === Padding.None || payload.length === 0) return [0, payload];
    const most = Math.min(largest, payload.length + PADDING_BYTES_MAX);
    const aligned = payload.length + ((8 - ((payload.length + HEADER_BYTES) % 8)) % 8);
    const wanted = Math.min(most, padding === Padding.Aligned ? aligned : most);
    if (wanted <= payload.length) return [0, payload];
    const out = new Uint8Array(wanted);
    out[0] = wanted - payload.length - 1;
    out.set(payload, 1);
    return [Flag.Padded, out];
  }

  // --- streams ---------------------------------------------------------------------------------------------------------------------

  #open(id: number, category: number): Http2Stream {
    const stream = new Http2Stream(this, id, category, this.#remote.initialWindowSize, this.#local.initialWindowSize);
    this.#streams.set(id, stream);
    return stream;
  }

  request(headers: [string, number], options: number): Http2Stream | number {
    if (this.#nextId > STREAMS_MAX_ID) return ERR_STREAM_ID_NOT_AVAILABLE;
    const stream = this.#open(this.#nextId, Category.Response);
    this.#nextId += 2;
    stream.wantsTrailers = (options & OPTION_GET_TRAILERS) !== 0;
    const ends = (options & OPTION_EMPTY_PAYLOAD) !== 0;
    const begin = (): void => {
      if (!stream.gone) this.sendHeaders(stream, headers[0], ends);
    };
    const mine = [...this.#streams.keys()].filter((id) => id % 2 === 1).length;
    if (mine > this.#remote.maxConcurrentStreams) {
      // Nothing of it may be sent before its head.
      const window = stream.sendWindow;
      stream.sendWindow = 0;
      this.#waiting.push(() => {
        stream.sendWindow += window;
        begin();
      });
    } else begin();
    return stream;
  }

  promise(parent: Http2Stream, headers: string, options: number): Http2Stream | number {
    if (this.#nextId > STREAMS_MAX_ID || this.#remote.enablePush === 0) return ERR_STREAM_ID_NOT_AVAILABLE;
    const stream = this.#open(this.#nextId, Category.Headers);
    this.#nextId += 2;
    stream.remoteEnded = true;
    stream.wantsTrailers = (options & OPTION_GET_TRAILERS) !== 0;
    const block = ops.hpack_encode(this.#hpack, headers);
    this.#putBlock(Frame.PushPromise, 0, parent.number, joined([word(stream.number), block]));
    return stream;
  }

  sendHeaders(stream: Http2Stream, headers: string, ends: boolean): void {
    this.#putBlock(Frame.Headers, ends ? Flag.EndStream : 0, stream.number, ops.hpack_encode(this.#hpack, headers));
    if (ends) this.#ended(stream);
  }

  /** A block of headers, in as many frames as it takes. */
  #putBlock(type: Frame, flags: number, id: number, block: Uint8Array): void {
    const size = this.#remote.maxFrameSize;
    for (let at = 0, kind = type; at === 0 || at < block.length; at += size, kind = Frame.Continuation) {
      const last = at + size >= block.length ? Flag.EndHeaders : 0;
      const piece = block.subarray(at, at + size);
      const [padded, payload] = kind === Frame.Headers && last !== 0 ? this.#padded(piece, size) : [0, piece];
      this.#put(kind, last | padded | (kind === Frame.Continuation ? 0 : flags), id, payload);
    }
  }

  endStream(stream: Http2Stream): void {
    if (stream.localEnded) return;
    this.#put(Frame.Data, Flag.EndStream, stream.number, new Uint8Array(0));
    this.#ended(stream);
  }

  #ended(stream: Http2Stream): void {
    stream.localEnded = true;
    if (stream.remoteEnded) this.#close(stream, Code.NoError);
  }

  resetStream(stream: Http2Stream, code: Code): void {
    if (stream.gone) return;
    if (!(stream.localEnded && stream.remoteEnded)) this.#put(Frame.RstStream, 0, stream.number, word(code));
    this.#close(stream, code);
  }

  #close(stream: Http2Stream, code: Code): void {
    if (stream.gone) return;
    stream.gone = true;
    this.#streams.delete(stream.number);
    enqueueWork(() => callIn(stream, () => {
      if (stream.session === undefined) return;
      if (Reflect.apply(callbacks.close, stream, [code]) === false) stream.destroy();
    }));
    this.#startWaiting();
    this.schedule();
  }

  forget(stream: Http2Stream): void {
    this.#streams.delete(stream.number);
    this.#startWaiting();
    this.schedule();
  }

  #startWaiting(): void {
    const mine = [...this.#streams.keys()].filter((id) => id % 2 === (this.#isServer ? 0 : 1)).length;
    if (mine - this.#waiting.length < this.#remote.maxConcurrentStreams) this.#waiting.shift()?.();
  }

  /** The program has taken bytes of a stream, or begins to read. */
  consume_(stream: Http2Stream, bytes: number): void {
    stream.consumed += bytes;
    this.#consumed += bytes;
    if (this.#consumed >= this.#receiveWindowMax / 2) {
      this.#put(Frame.WindowUpdate, 0, 0, word(this.#consumed));
      this.#receiveWindow += this.#consumed;
      this.#consumed = 0;
    }
    if (stream.reading && !stream.remoteEnded && stream.consumed >= this.#local.initialWindowSize / 2 && stream.consumed > 0) {
      this.#put(Frame.WindowUpdate, 0, stream.number, word(stream.consumed));
      stream.receiveWindow += stream.consumed;
      stream.consumed = 0;
    }
  }

  // --- what comes ------------------------------------------------------------------------------------------------------------------

  onRead(bytes: Uint8Array): void {
    if (this.#destroyed) return;
    this.#input = this.#input.length === 0 ? bytes.slice() : joined([this.#input, bytes]);
    if (this.#receiving) return;
    this.#receiving = true;
    callIn(this, () => this.#readFrames());
    this.#receiving = false;
  }

  #readFrames(): void {
    if (this.#awaitsPreface) {
      const length = Math.min(this.#input.length, PREFACE.length);
      if (this.#input.subarray(0, length).some((byte, i) => byte !== PREFACE[i])) {
        this.#fail(Code.ProtocolError, -903);
        return;
      }
      if (length < PREFACE.length) return;
      this.#awaitsPreface = false;
      this.#input = this.#input.subarray(PREFACE.length);
    }
    while (this.#input.length >= HEADER_BYTES && !this.#destroyed) {
      const length = (this.#input[0]! << 16) | (this.#input[1]! << 8) | this.#input[2]!;
      if (length > this.#local.maxFrameSize) {
        this.#fail(Code.FrameSizeError, -522);
        return;
      }
      if (this.#input.length < HEADER_BYTES + length) return;
      const [type, flags, id] = [this.#input[3]!, this.#input[4]!, get32(this.#input, 5) & STREAMS_MAX_ID];
      const payload = this.#input.subarray(HEADER_BYTES, HEADER_BYTES + length);
      this.#input = this.#input.subarray(HEADER_BYTES + length);
      const code = this.#frame(type, flags, id, payload);
      if (code !== undefined && code !== Code.NoError) {
        this.#fail(code, ERR_PROTO);
        return;
      }
    }
  }

  /** The connection is lost: it says so to both sides. */
  #fail(code: Code, error: number): void {
    this.#goaway(code, this.#lastPeerId, undefined);
    this.#flush();
    Reflect.apply(callbacks.internalError, this, [error]);
  }

  /** One frame; gives the code of an error of the connection. */
  #frame(type: number, flags: number, id: number, payload: Uint8Array): Code | undefined {
    if (this.#block !== undefined && (type !== Frame.Continuation || id !== this.#block.id)) return Code.ProtocolError;
    switch (type) {
      case Frame.Data: return this.#data(flags, id, payload);
      case Frame.Headers: return this.#headers(flags, id, payload);
      case Frame.Priority: return payload.length === 5 && id !== 0 ? undefined : Code.FrameSizeError;
      case Frame.RstStream: return this.#reset(id, payload);
      case Frame.Settings: return this.#settings(flags, id, payload);
      case Frame.PushPromise: return this.#promised(flags, id, payload);
      case Frame.Ping: return this.#ping(flags, payload);
      case Frame.GoAway: return this.#goneAway(payload);
      case Frame.WindowUpdate: return this.#window(id, payload);
      case Frame.Continuation: return this.#continued(flags, payload);
      case Frame.AltSvc: return this.#altsvc(id, payload);
      case Frame.Origin: return this.#origins(payload);
      default: return undefined;
    }
  }

  /** A payload without its padding. */
  #unpadded(flags: number, payload: Uint8Array): Uint8Array | undefined {
    if ((flags & Flag.Padded) === 0) return payload;
    const padding = payload[0];
    if (padding === undefined || padding >= payload.length) return undefined;
    return payload.subarray(1, payload.length - padding);
  }

  #data(flags: number, id: number, payload: Uint8Array): Code | undefined {
    if (id === 0) return Code.ProtocolError;
    this.#receiveWindow -= payload.length;
    if (this.#receiveWindow < 0) return Code.FlowControlError;
    const data = this.#unpadded(flags, payload);
    if (data === undefined) return Code.ProtocolError;
    const stream = this.#streams.get(id);
    if (stream === undefined || stream.remoteEnded) {
      if (this.#isIdle(id)) return Code.ProtocolError;
      // A stream that is over here: its bytes count for the connection all the same.
      this.#consumed += payload.length;
      return undefined;
    }
    stream.receiveWindow -= payload.length;
    if (stream.receiveWindow < 0) {
      this.resetStream(stream, Code.FlowControlError);
      return undefined;
    }
    stream.receivedBytes += data.length;
    if (data.length > 0) stream.give(data);
    if (!stream.gone) this.consume_(stream, payload.length);
    if ((flags & Flag.EndStream) !== 0) this.#remoteEnds(stream, true);
    return undefined;
  }

  #remoteEnds(stream: Http2Stream, tell: boolean): void {
    if (stream.remoteEnded) return;
    if (stream.expectedBytes !== undefined && stream.expectedBytes !== stream.receivedBytes) {
      this.resetStream(stream, Code.ProtocolError);
      return;
    }
    stream.remoteEnded = true;
    if (tell) stream.end();
    if (stream.localEnded) this.#close(stream, Code.NoError);
  }

  /** Whether a stream has never been. */
  #isIdle(id: number): boolean {
    const isPeers = (id % 2 === 1) === this.#isServer;
    return isPeers ? id > this.#lastPeerId : id >= this.#nextId;
  }

  #headers(flags: number, id: number, payload: Uint8Array): Code | undefined {
    if (id === 0) return Code.ProtocolError;
    let block = this.#unpadded(flags, payload);
    if (block !== undefined && (flags & Flag.Priority) !== 0) block = block.length >= 5 ? block.subarray(5) : undefined;
    if (block === undefined) return Code.ProtocolError;
    this.#block = { id, parts: [block.slice()], bytes: block.length, ends: (flags & Flag.EndStream) !== 0, promised: 0 };
    return (flags & Flag.EndHeaders) !== 0 ? this.#blockDone() : undefined;
  }

  #promised(flags: number, id: number, payload: Uint8Array): Code | undefined {
    const block = this.#unpadded(flags, payload);
    if (this.#isServer || this.#local.enablePush === 0 || block === undefined || block.length < 4) return Code.ProtocolError;
    const promised = get32(block, 0) & STREAMS_MAX_ID;
    if (promised % 2 !== 0 || promised <= this.#lastPeerId) return Code.ProtocolError;
    this.#block = { id, parts: [block.slice(4)], bytes: block.length, ends: false, promised };
    return (flags & Flag.EndHeaders) !== 0 ? this.#blockDone() : undefined;
  }

  #continued(flags: number, payload: Uint8Array): Code | undefined {
    const block = this.#block;
    if (block === undefined) return Code.ProtocolError;
    block.parts.push(payload.slice());
    block.bytes += payload.length;
    if (block.bytes > BLOCK_BYTES_MAX || block.parts.length > 64) return Code.EnhanceYourCalm;
    return (flags & Flag.EndHeaders) !== 0 ? this.#blockDone() : undefined;
  }

  #blockDone(): Code | undefined {
    const { id, parts, ends, promised } = this.#block!;
    this.#block = undefined;
    const decoded = ops.hpack_decode(this.#hpack, joined(parts), this.#options.headerPairs, Math.min(this.#local.maxHeaderListSize, BLOCK_BYTES_MAX));
    if (decoded === -1) return Code.CompressionError;
    let stream = this.#streams.get(promised === 0 ? id : promised);
    let isNew = false;
    if (stream === undefined) {
      const number = promised === 0 ? id : promised;
      if (promised === 0 && !(this.#isServer && id % 2 === 1)) return this.#isIdle(id) ? Code.ProtocolError : undefined;
      if (number <= this.#lastPeerId) return promised === 0 ? undefined : Code.ProtocolError;
      this.#lastPeerId = number;
      if (this.#goawaySent && this.#graceful) {
        this.#put(Frame.RstStream, 0, number, word(Code.RefusedStream));
        return undefined;
      }
      const theirs = [...this.#streams.keys()].filter((one) => (one % 2 === 1) === this.#isServer).length;
      if (theirs >= this.#local.maxConcurrentStreams) {
        this.#put(Frame.RstStream, 0, number, word(Code.RefusedStream));
        return undefined;
      }
      stream = this.#open(number, Category.Request);
      if (promised !== 0) stream.localEnded = true;
      isNew = true;
    } else if (stream.remoteEnded) {
      this.resetStream(stream, Code.StreamClosed);
      return undefined;
    }
    if (typeof decoded === 'number') {
      this.resetStream(stream, Code.EnhanceYourCalm);
      return undefined;
    }
    const [headers, sensitive] = decoded;
    dropIgnored(headers, this.#options.strictWhitespace);
    if (!areSound(headers, this.#isServer || promised !== 0, isNew)) {
      this.resetStream(stream, Code.ProtocolError);
      return undefined;
    }
    const length = headers.indexOf('content-length');
    if (this.#isServer && isNew && ends && length >= 0 && length % 2 === 0 && Number(headers[length + 1]) > 0) {
      this.resetStream(stream, Code.ProtocolError);
      return undefined;
    }
    if (length >= 0 && length % 2 === 0 && stream.receivedBytes === 0 && !ends) stream.expectedBytes = Number(headers[length + 1]);
    const category = isNew ? Category.Request : stream.category;
    const flags = Flag.EndHeaders | (ends ? Flag.EndStream : 0);
    Reflect.apply(callbacks.headers, this, [stream, stream.number, category, flags, headers, sensitive]);
    if (promised !== 0) stream.category = Category.PushResponse;
    else if (!/^1\d\d$/.test(headers[headers.indexOf(':status') + 1] ?? '')) stream.category = Category.Headers;
    if (ends && !stream.gone) this.#remoteEnds(stream, false);
    return undefined;
  }

  #reset(id: number, payload: Uint8Array): Code | undefined {
    if (payload.length !== 4) return Code.FrameSizeError;
    if (id === 0 || this.#isIdle(id)) return Code.ProtocolError;
    if (this.#isServer && this.#resetsTooFast()) return Code.EnhanceYourCalm;
    const stream = this.#streams.get(id);
    if (stream !== undefined) {
      stream.remoteEnded = true;
      this.#close(stream, get32(payload, 0));
    }
    return undefined;
  }

  /** CVE-2023-44487: a bucket of so many at once, that fills again at a rate. */
  #resetsTooFast(): boolean {
    const now = monotonicNs();
    const back = ((now - this.#resetsSinceNs) / 1e9) * this.#options.resetRate;
    this.#resets = Math.max(0, this.#resets - back) + 1;
    this.#resetsSinceNs = now;
    return this.#resets > this.#options.resetBurst;
  }

  #settings(flags: number, id: number, payload: Uint8Array): Code | undefined {
    if (id !== 0) return Code.ProtocolError;
    if ((flags & Flag.Ack) !== 0) {
      if (payload.length > 0) return Code.FrameSizeError;
      this.#settingsTaken();
      return undefined;
    }
    if (payload.length % 6 !== 0) return Code.FrameSizeError;
    if (payload.length / 6 > this.#options.settings) return Code.EnhanceYourCalm;
    const before = this.#remote.initialWindowSize;
    for (let at = 0; at < payload.length; at += 6) {
      const code = this.#remote.set((payload[at]! << 8) | payload[at + 1]!, get32(payload, at + 2));
      if (code !== Code.NoError) return code;
    }
    for (const stream of this.#streams.values()) stream.sendWindow += this.#remote.initialWindowSize - before;
    ops.hpack_table(this.#hpack, this.#remote.headerTableSize, false);
    this.#answers += 1;
    if (this.#answers > ANSWERS_MAX) return Code.EnhanceYourCalm;
    this.#put(Frame.Settings, Flag.Ack, 0, new Uint8Array(0));
    this.fields[0] = this.fields[0]! & ~(1 << Bit.SettingsUpToDate);
    if ((this.fields[0]! & (1 << Bit.RemoteSettingsListeners)) !== 0) Reflect.apply(callbacks.settings, this, []);
    this.#startWaiting();
    return undefined;
  }

  /** The peer has taken over the oldest settings that it has not. */
  #settingsTaken(): void {
    const pending = this.#pendingSettings.shift();
    if (pending === undefined) return;
    const before = this.#local.initialWindowSize;
    for (const [id, value] of pending.pairs) this.#local.set(id, value);
    for (const stream of this.#streams.values()) stream.receiveWindow += this.#local.initialWindowSize - before;
    ops.hpack_table(this.#hpack, this.#local.headerTableSize, true);
    pending.done(true, (monotonicNs() - pending.sentNs) / 1e6);
  }

  #ping(flags: number, payload: Uint8Array): Code | undefined {
    if (payload.length !== 8) return Code.FrameSizeError;
    if ((flags & Flag.Ack) !== 0) {
      const ping = this.#pings.shift();
      if (ping === undefined) return Code.ProtocolError;
      ping.done(true, (monotonicNs() - ping.sentNs) / 1e6, asBuffer(payload.slice()));
      return undefined;
    }
    this.#answers += 1;
    if (this.#answers > ANSWERS_MAX) {
      this.#fail(Code.EnhanceYourCalm, ERR_FLOODED);
      return undefined;
    }
    this.#put(Frame.Ping, Flag.Ack, 0, payload.slice());
    if ((this.fields[0]! & (1 << Bit.PingListeners)) !== 0) Reflect.apply(callbacks.ping, this, [asBuffer(payload.slice())]);
    return undefined;
  }

  #goneAway(payload: Uint8Array): Code | undefined {
    if (payload.length < 8) return Code.FrameSizeError;
    const [last, code] = [get32(payload, 0) & STREAMS_MAX_ID, get32(payload, 4)];
    const data = payload.length > 8 ? asBuffer(payload.slice(8)) : undefined;
    Reflect.apply(callbacks.goaway, this, [code, last, data]);
    // Those that it will not answer are over.
    for (const stream of [...this.#streams.values()]) {
      if (stream.number > last && (stream.number % 2 === 1) !== this.#isServer) this.#close(stream, Code.RefusedStream);
    }
    return undefined;
  }

  #window(id: number, payload: Uint8Array): Code | undefined {
    if (payload.length !== 4) return Code.FrameSizeError;
    const more = get32(payload, 0) & WINDOW_BYTES_MAX;
    if (id === 0) {
      if (more === 0) return Code.ProtocolError;
      this.#sendWindow += more;
      if (this.#sendWindow > WINDOW_BYTES_MAX) return Code.FlowControlError;
    } else {
      if (this.#isIdle(id)) return Code.ProtocolError;
      const stream = this.#streams.get(id);
      if (stream !== undefined) {
        stream.sendWindow += more;
        if (more === 0) this.resetStream(stream, Code.ProtocolError);
        else if (stream.sendWindow > WINDOW_BYTES_MAX) this.resetStream(stream, Code.FlowControlError);
      }
    }
    this.schedule();
    return undefined;
  }

  #altsvc(id: number, payload: Uint8Array): Code | undefined {
    if (this.#isServer || payload.length < 2 || (this.fields[0]! & (1 << Bit.AltsvcListeners)) === 0) return undefined;
    const length = (payload[0]! << 8) | payload[1]!;
    const text = utf8Text(payload.subarray(2));
    Reflect.apply(callbacks.altsvc, this, [id, text.slice(0, length), text.slice(length)]);
    return undefined;
  }

  #origins(payload: Uint8Array): Code | undefined {
    if (this.#isServer) return undefined;
    const list: string[] = [];
    for (let at = 0; at + 2 <= payload.length;) {
      const length = (payload[at]! << 8) | payload[at + 1]!;
      list.push(utf8Text(payload.subarray(at + 2, at + 2 + length)));
      at += 2 + length;
    }
    Reflect.apply(callbacks.origin, this, [list]);
    return undefined;
  }

  // --- the program's calls ---------------------------------------------------------------------------------------------------------

  settings(done: (ack: boolean, ms: number) => void): boolean {
    if (this.#pendingSettings.length >= this.#options.settingsAcks) return false;
    const pairs = readSettings();
    const payload = new Uint8Array(pairs.length * 6);
    pairs.forEach(([id, value], i) => {
      payload[i * 6] = id >> 8;
      payload[i * 6 + 1] = id;
      put32(payload, i * 6 + 2, value);
    });
    this.#pendingSettings.push({ pairs, done, sentNs: monotonicNs() });
    this.#put(Frame.Settings, 0, 0, payload);
    return true;
  }

  ping(payload: Uint8Array | undefined, done: Ping['done']): boolean {
    if (this.#pings.length >= this.#options.pings) return false;
    const bytes = new Uint8Array(8);
    if (payload !== undefined && payload !== null) bytes.set(new Uint8Array(payload.buffer, payload.byteOffset, 8));
    else ops.sys_getrandom(bytes, 0);
    this.#pings.push({ done, sentNs: monotonicNs(), payload: bytes });
    this.#put(Frame.Ping, 0, 0, bytes);
    return true;
  }

  goaway(code: Code, lastStreamId: number, data?: Uint8Array): void {
    this.#goaway(code, lastStreamId > 0 ? lastStreamId : this.#lastPeerId, data);
  }

  #goaway(code: Code, last: number, data: Uint8Array | undefined): void {
    this.#goawaySent = true;
    const extra = data === undefined || data === null ? new Uint8Array(0) : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    this.#put(Frame.GoAway, 0, 0, joined([word(last), word(code), extra]));
  }

  altsvc(id: number, origin: string, value: string): void {
    const text = Uint8Array.from(`${origin}${value}`, (c) => c.charCodeAt(0));
    this.#put(Frame.AltSvc, 0, id, joined([new Uint8Array([origin.length >> 8, origin.length]), text]));
  }

  origin(list: string, _count: number): void {
    const parts = list.split('\0').filter((one) => one !== '').flatMap((one) => [new Uint8Array([one.length >> 8, one.length]), Uint8Array.from(one, (c) => c.charCodeAt(0))]);
    this.#put(Frame.Origin, 0, 0, joined(parts));
  }

  setNextStreamID(id: number): boolean {
    if (id < this.#nextId || (id % 2 === 1) === this.#isServer) return false;
    this.#nextId = id;
    return true;
  }

  setLocalWindowSize(bytes: number): number {
    const more = bytes - this.#receiveWindowMax;
    this.#receiveWindowMax = bytes;
    if (more > 0) {
      this.#receiveWindow += more;
      this.#put(Frame.WindowUpdate, 0, 0, word(more));
    }
    return 0;
  }

  updateChunksSent(): number { return this.chunksSentSinceLastWrite; }
  hasPendingData(): boolean { return this.#writing || this.#output.length > 0 || [...this.#streams.values()].some((stream) => stream.hasData); }
  localSettings(): void { writeSettings(this.#local); }
  remoteSettings(): void { writeSettings(this.#remote); }

  refreshState(): void {
    const values = [this.#receiveWindowMax, this.#receiveWindowMax - this.#receiveWindow, this.#nextId, this.#receiveWindow, this.#lastPeerId, this.#sendWindow, this.#output.length, 0, 0];
    values.forEach((value, at) => { sessionState[at] = value; });
  }

  setGracefulClose(): void {
    this.#graceful = true;
    this.schedule();
  }

  #completeGracefully(): void {
    if (this.#graceful && this.#streams.size === 0 && !this.hasPendingData()) makeCallback(this, 'ongracefulclosecomplete');
  }

  destroy(code: Code, socketIsDestroyed: boolean): void {
    if (this.#destroyed) return;
    if (!socketIsDestroyed && this.#stream !== undefined) {
      this.#goaway(code, this.#lastPeerId, undefined);
      this.#flush();
    }
    this.#destroyed = true;
    for (const stream of this.#streams.values()) stream.cancelWrites(-125);
    const late = [...this.#pings.splice(0)].map(({ done, payload }) => () => done(false, 0, asBuffer(payload)));
    late.push(...this.#pendingSettings.splice(0).map(({ done }) => () => done(false, 0)));
    for (const tell of late) enqueueWork(() => callIn(this, tell));
    this.#stream?.removeListener(this);
    if (!this.#writing || socketIsDestroyed) enqueueWork(() => makeCallback(this, 'ondone'));
  }
}
for (const hidden of ['onRead', 'schedule', 'promise', 'sendHeaders', 'endStream', 'resetStream', 'forget', 'consume_']) Object.defineProperty(Http2Session.prototype, hidden, { enumerable: false });

/** Takes out the fields that nghttp2 ignores: those whose value holds what it may not or, if so wished, has space around it (RFC 9113, 8.2.1). */
function dropIgnored(headers: string[], strictWhitespace: boolean): void {
  for (let i = headers.length - 2; i >= 0; i -= 2) {
    const value = headers[i + 1]!;
    const isIgnored = /[\0-\x08\n-\x1f\x7f]/.test(value) || (strictWhitespace && /^[ \t]|[ \t]$/.test(value));
    if (isIgnored && !headers[i]!.startsWith(':')) headers.splice(i, 2);
  }
}

/** Headers that a message may have: RFC 9113, 8.2 and 8.3. */
function areSound(headers: string[], isRequest: boolean, isFirst: boolean): boolean {
  let regular = false;
  let lengths = 0;
  const pseudo = new Set<string>();
  for (let i = 0; i < headers.length; i += 2) {
    const [name, value] = [headers[i]!, headers[i + 1]!];
    if (/[A-Z]/.test(name) || name === '' || /[\0\r\n]/.test(value)) return false;
    if (name.startsWith(':')) {
      if (regular || pseudo.has(name)) return false;
      pseudo.add(name);
      const known = isRequest ? [':method', ':scheme', ':authority', ':path', ':protocol'] : [':status'];
      if (!known.includes(name)) return false;
    } else {
      regular = true;
      if (['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade'].includes(name)) return false;
      if (name === 'te' && value !== 'trailers') return false;
      if (name === 'content-length' && (++lengths > 1 || !/^\d+$/.test(value))) return false;
    }
  }
  if (!isFirst || !isRequest) return true;
  return pseudo.has(':method') && (pseudo.has(':path') || headers[headers.indexOf(':method') + 1] === 'CONNECT');
}
