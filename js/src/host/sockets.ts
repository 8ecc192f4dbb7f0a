/** WebSockets of previews to servers in the container. */
import type { SocketEvent, SocketRequest, SocketSend } from '../messages.js';
import type { Cookies } from './cookies.js';
import type { Streams } from './streams.js';
import { encodeFrame, FrameReader, handshakeAccept, handshakeKey, MessageReader, Opcode, PROTOCOL_ERROR, ProtocolError } from './websocket.js';

/** Open at a time; one more is refused. */
const SOCKETS_MAX = 256;
/** A head that is longer is no answer to a handshake. */
const HEAD_BYTES_MAX = 64 << 10;
const ABNORMAL = 1006;
const NO_STATUS = 1005;

const encoder = new TextEncoder();

class Refused extends Error {}

interface Accepted {
  protocol: string;
  extensions: string;
  rest: Uint8Array;
}

export class Sockets {
  readonly #streams: Streams;
  readonly #cookies: Cookies;
  #open = 0;

  constructor(streams: Streams, cookies: Cookies) {
    this.#streams = streams;
    this.#cookies = cookies;
  }

  accept(port: MessagePort): void {
    port.onmessage = ({ data }: MessageEvent<SocketRequest>): void => void this.#serve(port, data);
  }

  async #serve(port: MessagePort, request: SocketRequest): Promise<void> {
    const tell = (event: SocketEvent): void => port.postMessage(event);
    // What is sent before the connection is there waits in the port.
    port.onmessage = null;
    if (this.#open >= SOCKETS_MAX) return tell({ close: ABNORMAL, reason: '', wasClean: false });
    this.#open++;
    let id: number | undefined;
    try {
      id = await this.#streams.connect(request.port);
      const accepted = await this.#handshake(id, request);
      tell({ open: accepted.protocol, extensions: accepted.extensions });
      await new Connection(this.#streams, id, port, accepted.rest).run();
    } catch {
      tell({ close: ABNORMAL, reason: '', wasClean: false });
    } finally {
      this.#open--;
      if (id !== undefined) this.#streams.close(id);
    }
  }

  async #handshake(id: number, { port, target, protocols, origin }: SocketRequest): Promise<Accepted> {
    const key = handshakeKey();
    const cookie = this.#cookies.header(target);
    const lines = [
      `GET ${target} HTTP/1.1`,
      `Host: localhost:${port}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${key}`,
      `Origin: ${origin}`,
      ...(protocols.length === 0 ? [] : [`Sec-WebSocket-Protocol: ${protocols.join(', ')}`]),
      ...(cookie === '' ? [] : [`Cookie: ${cookie}`]),
    ];
    await this.#streams.write(id, encoder.encode(`${lines.join('\r\n')}\r\n\r\n`));
    let head = new Uint8Array();
    let end = -1;
    while (end < 0) {
      const bytes = await this.#streams.read(id);
      if (bytes === null || head.length > HEAD_BYTES_MAX) throw new Refused();
      const joined = new Uint8Array(head.length + bytes.length);
      joined.set(head);
      joined.set(bytes, head.length);
      head = joined;
      end = endOfHead(head);
    }
    const [status, ...fields] = new TextDecoder('latin1').decode(head.subarray(0, end)).split('\r\n');
    const headers = new Map(fields.map((line) => [line.slice(0, line.indexOf(':')).trim().toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]));
    for (const line of fields) if (/^set-cookie:/i.test(line)) this.#cookies.set(line.slice(11).trim(), target, true);
    const protocol = headers.get('sec-websocket-protocol') ?? '';
    if (
      !/^HTTP\/1\.1 101\b/.test(status ?? '') ||
      headers.get('sec-websocket-accept') !== (await handshakeAccept(key)) ||
      (protocol !== '' && !protocols.includes(protocol))
    ) {
      throw new Refused();
    }
    return { protocol, extensions: headers.get('sec-websocket-extensions') ?? '', rest: head.slice(end + 4) };
  }
}

function endOfHead(bytes: Uint8Array): number {
  for (let at = 0; at + 3 < bytes.length; at++) {
    if (bytes[at] === 13 && bytes[at + 1] === 10 && bytes[at + 2] === 13 && bytes[at + 3] === 10) return at;
  }
  return -1;
}

/** An open connection. */
class Connection {
  readonly #streams: Streams;
  readonly #id: number;
  readonly #port: MessagePort;
  readonly #frames = new FrameReader();
  readonly #messages = new MessageReader();
  #isClosing = false;

  constructor(streams: Streams, id: number, port: MessagePort, rest: Uint8Array) {
    this.#streams = streams;
    this.#id = id;
    this.#port = port;
    this.#frames.push(rest);
    port.onmessage = ({ data }: MessageEvent<SocketSend>): void => this.#send(data);
  }

  /** Until it is closed. */
  async run(): Promise<void> {
    let end: Extract<SocketEvent, { close: number }> = { close: ABNORMAL, reason: '', wasClean: false };
    try {
      end = await this.#read();
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#close(error.code, error.message);
    } finally {
      this.#port.postMessage(end);
    }
  }

  async #read(): Promise<Extract<SocketEvent, { close: number }>> {
    for (;;) {
      for (let frame = this.#frames.next(); frame !== undefined; frame = this.#frames.next()) {
        const { opcode, payload } = frame;
        if (opcode === Opcode.Ping) void this.#write(Opcode.Pong, payload);
        else if (opcode === Opcode.Close) {
          const code = payload.length >= 2 ? (payload[0]! << 8) | payload[1]! : NO_STATUS;
          const reason = new TextDecoder().decode(payload.subarray(2));
          if (!this.#isClosing) await this.#write(Opcode.Close, payload.subarray(0, 2)).catch(() => undefined);
          return { close: code, reason, wasClean: true };
        } else if (opcode === Opcode.Text || opcode === Opcode.Binary || opcode === Opcode.Continuation) {
          const data = this.#messages.push(frame);
          if (data !== undefined) this.#port.postMessage({ data } satisfies SocketEvent, typeof data === 'string' ? [] : [data]);
        } else if (opcode !== Opcode.Pong) throw new ProtocolError(PROTOCOL_ERROR, 'an unknown kind of frame');
      }
      const bytes = await this.#streams.read(this.#id);
      if (bytes === null) return { close: ABNORMAL, reason: '', wasClean: false };
      this.#frames.push(bytes);
    }
  }

  #send(message: SocketSend): void {
    if ('close' in message) return this.#close(message.close, message.reason);
    const { data } = message;
    const bytes = typeof data === 'string' ? encoder.encode(data) : new Uint8Array(data);
    this.#write(typeof data === 'string' ? Opcode.Text : Opcode.Binary, bytes).then(
      () => this.#port.postMessage({ sent: bytes.length } satisfies SocketEvent),
      // The reading side hears of the end.
      () => undefined,
    );
  }

  #close(code: number, reason: string): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    const text = encoder.encode(reason);
    const payload = code === NO_STATUS ? new Uint8Array() : new Uint8Array([code >> 8, code & 0xff, ...text]);
    // A side that is gone needs no farewell.
    void this.#write(Opcode.Close, payload).catch(() => undefined);
  }

  #write(opcode: Opcode, payload: Uint8Array): Promise<void> {
    return this.#streams.write(this.#id, encodeFrame(opcode, payload));
  }
}
