/** The package in Node: the same, on worker threads. */
import { Worker as Thread, type Transferable as Handed } from 'node:worker_threads';
import { setMakeWorker, type WorkerLike } from './platform.js';

class NodeWorker implements WorkerLike {
  onmessage: ((event: MessageEvent) => void) | null = null;
  onerror: ((event: ErrorEvent) => void) | null = null;
  readonly #thread: Thread;

  constructor(url: URL, name: string) {
    this.#thread = new Thread(new URL('./node-thread.js', import.meta.url), { workerData: { url: url.href }, name });
    this.#thread.on('message', (data: unknown) => this.onmessage?.({ data } as MessageEvent));
    this.#thread.on('error', (error: Error) => this.onerror?.({ message: error.message } as ErrorEvent));
  }

  postMessage(message: unknown, transfer: Transferable[]): void {
    // The kernel hands on ports and buffers, which Node knows.
    this.#thread.postMessage(message, transfer as Handed[]);
  }

  terminate(): void {
    void this.#thread.terminate();
  }
}

setMakeWorker((url, name) => new NodeWorker(url, name));

export * from './index.js';
