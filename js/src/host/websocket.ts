/** WebSocket frames, the client's side. RFC 6455. */

export const enum Opcode {
  Continuation = 0,
  Text = 1,
  Binary = 2,
  Close = 8,
  Ping = 9,
  Pong = 10,
}

export interface Frame {
  fin: boolean;
  opcode: number;
  payload: Uint8Array<ArrayBuffer>;
}

/** What the other side did wrong, as a close code. */
export class ProtocolError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** A message that is longer is not taken: 1009. */
export const MESSAGE_BYTES_MAX = 64 << 20;

export const PROTOCOL_ERROR = 1002;
const TOO_BIG = 1009;

/** A masked frame, as clients send them. */
export function encodeFrame(opcode: Opcode, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const { length } = payload;
  const extended = length < 126 ? 0 : length < 0x1_0000 ? 2 : 8;
  const frame = new Uint8Array(6 + extended + length);
  const view = new DataView(frame.buffer);
  frame[0] = 0x80 | opcode;
  frame[1] = 0x80 | (extended === 0 ? length : extended === 2 ? 126 : 127);
  if (extended === 2) view.setUint16(2, length);
  if (extended === 8) view.setBigUint64(2, BigInt(length));
  const mask = crypto.getRandomValues(frame.subarray(2 + extended, 6 + extended));
  const body = frame.subarray(6 + extended);
  for (let at = 0; at < length; at++) body[at] = payload[at]! ^ mask[at & 3]!;
  return frame;
}

/** Cuts a stream of bytes into frames. */
export class FrameReader {
  #bytes = new Uint8Array();

  push(bytes: Uint8Array): void {
    const joined = new Uint8Array(this.#bytes.length + bytes.length);
    joined.set(this.#bytes);
    joined.set(bytes, this.#bytes.length);
    this.#bytes = joined;
  }

  /** @throws ProtocolError */
  next(): Frame | undefined {
    const bytes = this.#bytes;
    if (bytes.length < 2) return undefined;
    const [first, second] = [bytes[0]!, bytes[1]!];
    if (first & 0x70) throw new ProtocolError(PROTOCOL_ERROR, 'reserved bits are set');
    if (second & 0x80) throw new ProtocolError(PROTOCOL_ERROR, 'a server masks nothing');
    const short = second & 0x7f;
    const extended = short === 126 ? 2 : short === 127 ? 8 : 0;
    if (bytes.length < 2 + extended) return undefined;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const length = extended === 0 ? short : extended === 2 ? view.getUint16(2) : Number(view.getBigUint64(2));
    if (length > MESSAGE_BYTES_MAX) throw new ProtocolError(TOO_BIG, 'the message is too big');
    const end = 2 + extended + length;
    if (bytes.length < end) return undefined;
    this.#bytes = bytes.subarray(end);
    return { fin: (first & 0x80) !== 0, opcode: first & 0xf, payload: bytes.slice(2 + extended, end) };
  }
}

/** Puts messages together from their frames. */
export class MessageReader {
  #opcode: number | undefined;
  #parts: Uint8Array[] = [];
  #length = 0;

  /** A complete message of text or bytes. @throws ProtocolError */
  push({ fin, opcode, payload }: Frame): string | ArrayBuffer | undefined {
    if ((opcode === Opcode.Continuation) === (this.#opcode === undefined)) throw new ProtocolError(PROTOCOL_ERROR, 'a message within a message');
    this.#opcode ??= opcode;
    this.#length += payload.length;
    if (this.#length > MESSAGE_BYTES_MAX) throw new ProtocolError(TOO_BIG, 'the message is too big');
    this.#parts.push(payload);
    if (!fin) return undefined;
    const whole = new Uint8Array(this.#length);
    let at = 0;
    for (const part of this.#parts) {
      whole.set(part, at);
      at += part.length;
    }
    const isText = this.#opcode === Opcode.Text;
    this.#opcode = undefined;
    this.#parts = [];
    this.#length = 0;
    if (!isText) return whole.buffer;
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(whole);
    } catch {
      throw new ProtocolError(1007, 'text that is not UTF-8');
    }
  }
}

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

export function handshakeKey(): string {
  return btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(16))));
}

/** What the server is to answer. `crypto.subtle` is there in secure contexts, and service workers need those anyway. */
export async function handshakeAccept(key: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-1', new TextEncoder().encode(key + GUID));
  return btoa(String.fromCharCode(...new Uint8Array(digest)));
}
