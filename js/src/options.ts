/** Checks of what callers pass: a wrong option is told by its name, and nothing is started. */
import { ContainerError, invalidArgument } from './errors.js';

/**
 * @throws ContainerError ERR_INVALID_ARGUMENT naming an option that there is not
 */
export function checkOptions(given: unknown, known: readonly string[], where: string): void {
  if (given === undefined) return;
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw invalidArgument(`${where}: options are an object`);
  for (const name of Object.keys(given)) {
    if (!known.includes(name)) throw invalidArgument(`${where} has no option '${name}': there are ${known.join(', ')}`);
  }
}

export function checkEngine(name: unknown): void {
  if (name === undefined || name === 'auto' || name === 'quickjs' || name === 'boa') return;
  if (name === 'host') throw invalidArgument("engine: the page's own JavaScript engine cannot run programs yet; there are 'auto', 'quickjs' and 'boa'");
  throw invalidArgument(`engine: there is no ${String(name)}; there are 'auto', 'quickjs' and 'boa'`);
}

export function checkPositive(value: unknown, name: string): void {
  if (value !== undefined && (typeof value !== 'number' || !(value > 0))) throw invalidArgument(`${name} is a number above 0, not ${String(value)}`);
}

export function checkStrings(value: unknown, name: string): void {
  if (value !== undefined && !(Array.isArray(value) && value.every((entry) => typeof entry === 'string'))) throw invalidArgument(`${name} is a list of strings`);
}

/** What an aborted operation fails with: the signal's own reason, as `fetch` does it. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw signal.reason;
}

/** `promise`, or the signal's reason if that comes first; `onAbort` undoes what was begun. */
export async function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined, onAbort: () => void): Promise<T> {
  if (signal === undefined) return promise;
  let stop!: () => void;
  const aborted = new Promise<never>((_, reject) => {
    stop = (): void => {
      onAbort();
      reject(signal.reason as Error);
    };
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
    promise.catch(() => undefined);
  }
}

export function timedOut(what: string, timeoutMs: number): ContainerError {
  return new ContainerError({ code: 'ETIMEDOUT', message: `ETIMEDOUT: ${what} took longer than ${timeoutMs} ms, and was ended` });
}
