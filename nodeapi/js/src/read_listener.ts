// Who gets what a stream reads. Normally its own `onread`; an HTTP parser that consumes a socket takes its place.

/** Takes the bytes of a stream; its end and errors go to the stream's own `onread`. */
export interface ReadListener {
  /** The bytes are the listener's only during the call. */
  onRead(bytes: Uint8Array): void;
}

/** A stream handle that can be listened to. */
export interface StreamSource {
  pushListener(listener: ReadListener): void;
  removeListener(listener: ReadListener): void;
}
