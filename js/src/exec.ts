/** A program from its start to its end. */
import type { Environment, SpawnOptions } from './container.js';
import { ContainerError } from './errors.js';
import { checkOptions, checkPositive, throwIfAborted, timedOut } from './options.js';
import type { ContainerProcess } from './process.js';

export interface ExecOptions {
  /** Relative to the working directory. */
  cwd?: string;
  env?: Environment;
  /** What it reads on its standard input; without it, nothing. */
  input?: string;
  /** In ms; then it is killed, with those it started. */
  timeout?: number;
  signal?: AbortSignal;
  /** Characters of each output that are kept; more is ENOBUFS, and the end of the program. Default 64 Mi. */
  maxOutput?: number;
}

export interface ExecResult {
  stdout: string;
  stderr: string;
  /** 128 and the signal's number for one that a signal ended. */
  exitCode: number;
}

const OUTPUT_MAX = 64 << 20;

interface Spawner {
  spawn(command: string, args: readonly string[], options: SpawnOptions): Promise<ContainerProcess>;
}

async function collect(stream: ReadableStream<Uint8Array>, max: number): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of stream) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > max) throw new ContainerError({ code: 'ENOBUFS', message: `ENOBUFS: the program wrote more than the ${max} characters of maxOutput` });
  }
  return text + decoder.decode();
}

/** @throws ContainerError ETIMEDOUT, ENOBUFS; the signal's reason; as `spawn` */
export async function execute(container: Spawner, command: string, args: readonly string[], options: ExecOptions): Promise<ExecResult> {
  checkOptions(options, ['cwd', 'env', 'input', 'timeout', 'signal', 'maxOutput'], 'exec');
  checkPositive(options.timeout, 'timeout');
  const { cwd, env, input, timeout, signal, maxOutput = OUTPUT_MAX } = options;
  throwIfAborted(signal);
  const process = await container.spawn(command, args, { ...(cwd === undefined ? {} : { cwd }), ...(env === undefined ? {} : { env }) });
  let timer: ReturnType<typeof setTimeout> | undefined;
  let onAbort: (() => void) | undefined;
  const ended = new Promise<never>((_, reject) => {
    if (timeout !== undefined) timer = setTimeout(() => reject(timedOut(command, timeout)), timeout);
    if (signal === undefined) return;
    onAbort = (): void => reject(signal.reason as Error);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    const outputs = Promise.all([collect(process.stdout, maxOutput), collect(process.stderr, maxOutput), process.exit]);
    outputs.catch(() => undefined);
    void feed(process, input ?? '');
    const [stdout, stderr, exitCode] = await Promise.race([outputs, ended]);
    return { stdout, stderr, exitCode };
  } catch (error) {
    process.kill('SIGKILL');
    throw error;
  } finally {
    clearTimeout(timer);
    if (onAbort !== undefined) signal?.removeEventListener('abort', onAbort);
  }
}

/** A program that does not read all of it has had enough. */
async function feed(process: ContainerProcess, input: string): Promise<void> {
  const writer = process.input.getWriter();
  try {
    if (input !== '') await writer.write(input);
    await writer.close();
  } catch {
    // It has closed its input, or ended.
  }
}
