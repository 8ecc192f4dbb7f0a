// Ends scripts that run too long, or that a SIGINT is to end: src/node_watchdog.cc. The engine asks, now and then, while they run.

import { monotonicNs } from './loop';

const { engine, ops } = host;
const SIGINT = 2;
const DEFAULT = 0;
const CAUGHT = 2;
const O_NONBLOCK = 0o4000;
const O_CLOEXEC = 0o2000000;

/** Catches SIGINT while it lives. */
class SigintWatch {
  pending = false;
  #fd: number;

  constructor() {
    ops.sys_sigaction(SIGINT, CAUGHT);
    this.#fd = ops.sys_signalfd(1n << BigInt(SIGINT - 1), O_NONBLOCK | O_CLOEXEC);
  }

  arrived(): boolean {
    if (!this.pending && this.#fd >= 0) this.pending = ops.sys_read(this.#fd, new Uint8Array(4)) === 4;
    return this.pending;
  }

  /** Whether one came. */
  end(): boolean {
    this.arrived();
    if (this.#fd >= 0) ops.sys_close(this.#fd);
    ops.sys_sigaction(SIGINT, DEFAULT);
    return this.pending;
  }
}

function ended(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

/** What `run` gives, ended after `timeoutMs` (-1 for never) or at a SIGINT. */
export function watched<T>(run: () => T, timeoutMs: number, breakOnSigint: boolean): T {
  if (engine.runWatched === undefined || (timeoutMs < 0 && !breakOnSigint)) return run();
  const deadlineNs = timeoutMs < 0 ? Infinity : monotonicNs() + timeoutMs * 1e6;
  const sigint = breakOnSigint ? new SigintWatch() : undefined;
  let isLate = false;
  const question = (): boolean => {
    isLate ||= monotonicNs() >= deadlineNs;
    return isLate || (sigint?.arrived() ?? false);
  };
  let isEnded = false;
  try {
    const result = engine.runWatched(() => (isEnded = question()), run);
    if (!isEnded) return result;
    // A module's evaluation has put its end into its promise.
    if (engine.promiseDetails(result) !== undefined) engine.markPromiseHandled(result);
  } catch (error) {
    if (!isEnded) throw error;
  } finally {
    sigint?.end();
  }
  if (isLate) throw ended('ERR_SCRIPT_EXECUTION_TIMEOUT', `Script execution timed out after ${timeoutMs}ms`);
  throw ended('ERR_SCRIPT_EXECUTION_INTERRUPTED', 'Script execution was interrupted by `SIGINT`');
}

/** The watch that scripts of the library begin and end by themselves. */
let begun: SigintWatch | undefined;

export function startSigintWatchdog(): boolean {
  begun ??= new SigintWatch();
  return true;
}

export function stopSigintWatchdog(): boolean {
  const came = begun?.end() ?? false;
  begun = undefined;
  return came;
}

export function watchdogHasPendingSigint(): boolean {
  return begun?.arrived() ?? false;
}
