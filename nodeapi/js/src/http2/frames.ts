// Frames of HTTP/2. RFC 9113, 4 and 6; RFC 7838, 4; RFC 8336.

export const enum Frame { Data, Headers, Priority, RstStream, Settings, PushPromise, Ping, GoAway, WindowUpdate, Continuation, AltSvc = 10, Origin = 12 }
export const enum Flag { EndStream = 1, Ack = 1, EndHeaders = 4, Padded = 8, Priority = 32 }
export const enum Code {
  NoError, ProtocolError, InternalError, FlowControlError, SettingsTimeout, StreamClosed, FrameSizeError, RefusedStream, Cancel, CompressionError,
  ConnectError, EnhanceYourCalm,
}
export const HEADER_BYTES = 9;
export const FRAME_BYTES = 16384;
export const WINDOW_BYTES = 65535;
export const WINDOW_BYTES_MAX = 0x7fffffff;
/** What a client sends first. */
export const PREFACE = Uint8Array.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', (c) => c.charCodeAt(0));

export function frame(type: Frame, flags: number, stream: number, payload: Uint8Array): Uint8Array {
  const out = new Uint8Array(HEADER_BYTES + payload.length);
  out[0] = payload.length >> 16;
  out[1] = payload.length >> 8;
  out[2] = payload.length;
  out[3] = type;
  out[4] = flags;
  put32(out, 5, stream);
  out.set(payload, HEADER_BYTES);
  return out;
}

export function put32(out: Uint8Array, at: number, value: number): void {
  out[at] = value >>> 24;
  out[at + 1] = value >>> 16;
  out[at + 2] = value >>> 8;
  out[at + 3] = value;
}

export function get32(from: Uint8Array, at: number): number {
  return ((from[at]! << 24) | (from[at + 1]! << 16) | (from[at + 2]! << 8) | from[at + 3]!) >>> 0;
}

export function word(value: number): Uint8Array {
  const out = new Uint8Array(4);
  put32(out, 0, value);
  return out;
}

/** Settings by their numbers on the wire. */
export class Settings {
  headerTableSize = 4096;
  enablePush = 1;
  maxConcurrentStreams = 0xffffffff;
  initialWindowSize = WINDOW_BYTES;
  maxFrameSize = FRAME_BYTES;
  maxHeaderListSize = 0xffffffff;
  enableConnectProtocol = 0;
  custom = new Map<number, number>();

  /** Takes one over; the code of the error when its value is wrong. */
  set(id: number, value: number): Code {
    switch (id) {
      case 1: this.headerTableSize = value; break;
      case 2:
        if (value > 1) return Code.ProtocolError;
        this.enablePush = value;
        break;
      case 3: this.maxConcurrentStreams = value; break;
      case 4:
        if (value > WINDOW_BYTES_MAX) return Code.FlowControlError;
        this.initialWindowSize = value;
        break;
      case 5:
        if (value < FRAME_BYTES || value > 0xffffff) return Code.ProtocolError;
        this.maxFrameSize = value;
        break;
      case 6: this.maxHeaderListSize = value; break;
      case 8:
        if (value > 1) return Code.ProtocolError;
        this.enableConnectProtocol = value;
        break;
      default: this.custom.set(id, value);
    }
    return Code.NoError;
  }
}
