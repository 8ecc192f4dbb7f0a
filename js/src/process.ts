import { ContainerError, invalidArgument, toRecord } from './errors.js';
import { SIGNAL } from './generated/abi.js';
import type { KernelClient } from './kernel-client.js';
import type { Exit, OutputStream, TerminalSize } from './messages.js';
import { Sink } from './output.js';

/** `SIGTERM` and so on. */
export type SignalName = keyof typeof SIGNAL;

/** A process that runs, or ran, in the container. */
export class ContainerProcess {
  /** Its task id in the container. */
  readonly pid: number;
  /** Resolves when it has ended: the exit code, or 128 and the number of the signal that ended it. */
  readonly exit: Promise<number>;
  /** Its standard input. Close it to end it. */
  readonly input: WritableStream<string>;
  readonly #kernel: KernelClient;
  readonly #end: Promise<Exit>;
  readonly #output = new Sink<string>();
  readonly #stdout = new Sink<Uint8Array>();
  readonly #stderr = new Sink<Uint8Array>();
  readonly #streams: readonly OutputStream[];

  /** @internal */
  constructor(kernel: KernelClient, pid: number, merged: boolean) {
    this.#kernel = kernel;
    this.pid = pid;
    this.#streams = merged ? [1] : [1, 2];
    this.#end = kernel.call('wait', pid);
    this.exit = this.#end.then(({ status }) => exitCode(status));
    // Whoever asks for `exit` hears of a failure; nobody has to.
    this.exit.catch(() => undefined);
    this.input = this.#openInput();
    void this.#pumpAll();
  }

  /**
   * stdout and stderr as text, in the order in which they arrive. Each character is complete. A stream that is taken and not read
   * holds the program up when 8 MiB wait; one that is never taken keeps the newest MiB.
   */
  get output(): ReadableStream<string> {
    return this.#output.stream;
  }

  /** What the process, and those it passed it on to, wrote to standard output: bytes. */
  get stdout(): ReadableStream<Uint8Array> {
    return this.#stdout.stream;
  }

  /** The same of standard error. */
  get stderr(): ReadableStream<Uint8Array> {
    if (this.#streams.length === 1) throw invalidArgument('stderr cannot be had apart: the process was spawned with { merged: true } or a terminal');
    return this.#stderr.stream;
  }

  /** Sends a signal to the process and those it started. One that has ended already is left in peace. */
  kill(signal: SignalName = 'SIGTERM'): void {
    this.#kernel.call('kill', this.pid, SIGNAL[signal]).catch((error: unknown) => {
      if (!(error instanceof ContainerError) || (error.code !== 'ESRCH' && error.code !== 'ERR_TORN_DOWN')) throw error;
    });
  }

  /** Why it ended, where its exit code does not say: a trap's message, the limit that was reached. */
  async exitReason(): Promise<string | undefined> {
    return (await this.#end).reason;
  }

  /** Tells its terminal the new size; programs get SIGWINCH. One that was spawned without `terminal` has none, and hears nothing. */
  resize({ cols, rows }: TerminalSize): void {
    this.#kernel.call('processResize', this.pid, { cols, rows }).catch((error: unknown) => {
      if (!(error instanceof ContainerError) || (error.code !== 'ENOTTY' && error.code !== 'ERR_TORN_DOWN')) throw error;
    });
  }

  #openInput(): WritableStream<string> {
    const encoder = new TextEncoder();
    return new WritableStream<string>({
      write: (chunk) => this.#kernel.call('processWrite', this.pid, typeof chunk === 'string' ? encoder.encode(chunk) : new Uint8Array(chunk)),
      close: () => this.#kernel.call('processCloseInput', this.pid),
      abort: () => this.#kernel.call('processCloseInput', this.pid),
    });
  }

  async #pumpAll(): Promise<void> {
    await Promise.all(this.#streams.map((stream) => this.#pump(stream)));
    this.#output.end();
  }

  async #pump(stream: OutputStream): Promise<void> {
    const decoder = new TextDecoder();
    const bytes = stream === 1 ? this.#stdout : this.#stderr;
    try {
      for (;;) {
        const chunk = await this.#kernel.call('processRead', this.pid, stream);
        if (chunk === null) break;
        bytes.push(chunk);
        this.#output.push(decoder.decode(chunk, { stream: true }));
        await Promise.all([bytes.room(), this.#output.room()]);
      }
    } catch (error) {
      // The container is no more, and its streams end with it; why, `exit` and the `error` event tell.
      if (!toRecord(error).code.startsWith('ERR_')) throw error;
    } finally {
      this.#output.push(decoder.decode());
      bytes.end();
    }
  }
}

/** Of a status as wait(2) packs it: what a shell calls `$?`. */
export function exitCode(status: number): number {
  const signal = status & 0x7f;
  return signal === 0 ? (status >> 8) & 0xff : 128 + signal;
}
