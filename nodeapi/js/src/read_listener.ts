// Who gets what a stream reads. Normally its own `onread`; an HTTP parser that consumes a socket takes its place.

/** Takes the bytes of a stream. */
export interface ReadListener {
  /** The bytes are the listener's only during the call. */
  onRead(bytes: Uint8Array): void;
  /** Takes its end (`UV_EOF`) and its errors too; without this they go to the stream's own `onread`. */
  onEnd?(status: number): void;
}

/** A stream handle that can be listened to. */
export interface StreamSource {
  pushListener(listener: ReadListener): void;
  removeListener(listener: ReadListener): void;
}
