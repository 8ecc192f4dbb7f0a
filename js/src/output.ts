/** What a process writes, dealt to those who read it. */

/** What a stream that is read keeps before its program has to wait. */
export const BUFFERED_MAX = 8 << 20;
/** What a stream that nobody has asked for keeps of the newest, so that a process never waits for a reader it does not have. */
export const UNREAD_MAX = 1 << 20;

/** One of the streams of a process: a buffer with a bound, and the stream that empties it. */
export class Sink<T extends { readonly length: number }> {
  readonly #chunks: T[] = [];
  #size = 0;
  #stream: ReadableStream<T> | undefined;
  #hasEnded = false;
  #isCancelled = false;
  #controller: ReadableStreamDefaultController<T> | undefined;
  /** Resolved when the stream's reader wants more. */
  #onWanted: (() => void) | undefined;
  #onDrained: (() => void) | undefined;

  push(chunk: T): void {
    if (this.#isCancelled || chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    while (this.#stream === undefined && this.#size > UNREAD_MAX && this.#chunks.length > 1) this.#size -= this.#chunks.shift()!.length;
    this.#wanted();
  }

  end(): void {
    this.#hasEnded = true;
    this.#wanted();
  }

  /** Resolves when there is room for more. */
  async room(): Promise<void> {
    while (this.#stream !== undefined && !this.#isCancelled && this.#size > BUFFERED_MAX) {
      await new Promise<void>((resolve) => (this.#onDrained = resolve));
    }
  }

  /** The stream; from now on it is held to be read. */
  get stream(): ReadableStream<T> {
    this.#stream ??= new ReadableStream<T>(
      {
        start: (controller) => void (this.#controller = controller),
        pull: () => this.#pull(),
        cancel: () => {
          this.#isCancelled = true;
          this.#chunks.length = 0;
          this.#onDrained?.();
        },
      },
      { highWaterMark: 0 },
    );
    return this.#stream;
  }

  async #pull(): Promise<void> {
    while (this.#chunks.length === 0 && !this.#hasEnded) {
      await new Promise<void>((resolve) => (this.#onWanted = resolve));
    }
    const chunk = this.#chunks.shift();
    if (chunk === undefined) {
      if (!this.#isCancelled) this.#controller?.close();
      return;
    }
    this.#size -= chunk.length;
    this.#controller?.enqueue(chunk);
    this.#onDrained?.();
  }

  #wanted(): void {
    this.#onWanted?.();
    this.#onWanted = undefined;
  }
}
