/** Descriptors of the page's own in the kernel, and what waits for them. */
import type { WebKernel } from '../kernel/oac_web.js';

/** Begins an operation of the kernel; the promise is its completion. */
export type Begin = (begin: (operation: number) => void) => Promise<unknown>;

export class Streams {
  readonly #kernel: WebKernel;
  readonly #begin: Begin;
  #next = 1;

  constructor(kernel: WebKernel, begin: Begin) {
    this.#kernel = kernel;
    this.#begin = begin;
  }

  watcher(): number {
    const id = this.#next++;
    this.#kernel.streamWatcher(id);
    return id;
  }

  fifo(path: string): number {
    const id = this.#next++;
    this.#kernel.streamFifo(id, path);
    return id;
  }

  /** Rejects with ECONNREFUSED … */
  async connect(port: number): Promise<number> {
    const id = this.#next++;
    try {
      await this.#begin((operation) => this.#kernel.streamConnect(id, port, operation));
    } catch (error) {
      this.close(id);
      throw error;
    }
    return id;
  }

  /** `null` at the end. */
  read(id: number): Promise<Uint8Array | null> {
    return this.#begin((operation) => this.#kernel.streamRead(id, operation)) as Promise<Uint8Array | null>;
  }

  async write(id: number, data: Uint8Array): Promise<void> {
    await this.#begin((operation) => this.#kernel.streamWrite(id, data, operation));
  }

  close(id: number): void {
    this.#kernel.streamClose(id);
  }
}
