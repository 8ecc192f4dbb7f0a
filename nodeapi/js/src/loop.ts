// The queues of the event loop. The loop itself is `nodeapi/program/src/event_loop.rs`, which calls the entries at the end of
// this file in libuv's order: timers, prepare, (sleep), ready, check, close.

import { callbackScope, runDestroyHooks } from './async_wrap';
import { onDrained } from './fatal';
import { releaseKept } from './interpose/weak_ref';

export const POLLIN = 1;
export const POLLOUT = 4;
export const POLLERR = 8;
export const POLLHUP = 16;
export const POLLRDHUP = 0x2000;

const CLOCK_MONOTONIC = 1;

declare global {
  interface Ops {
    sys_clock_gettime(clock: number): Result;
  }
}

/** Nanoseconds since some moment before this process. A number: exact to 2^53 ns, which is 104 days. */
export function monotonicNs(): number {
  return host.ops.sys_clock_gettime(CLOCK_MONOTONIC);
}

/** When the process started, by that clock; set anew in every process made from an image. */
export const origin = { ns: 0 };

// --- timers -----------------------------------------------------------------------------------------------------------------

export const timers = {
  timeoutInfo: new Int32Array(1),
  immediateInfo: new Uint32Array(3),
  processImmediate: undefined as undefined | (() => void),
  processTimers: undefined as undefined | ((now: number) => number),
  /** In ms of `loopNow`, -1 for none. */
  dueMs: -1,
  timerRef: false,
  immediateRef: false,
};

const enum Immediate { Count, RefCount, HasOutstanding }

/** Milliseconds since the process started, as libuv's `uv_now`. */
export function loopNow(): number {
  return Math.floor((monotonicNs() - origin.ns) / 1e6);
}

export function scheduleTimer(delayMs: number): void {
  timers.dueMs = loopNow() + Math.max(1, delayMs);
}

function runTimers(): void {
  if (timers.dueMs < 0 || loopNow() < timers.dueMs || timers.processTimers === undefined) return;
  timers.dueMs = -1;
  let done: boolean | undefined;
  do {
    // What the next ticks insert comes after this and may be due earlier, so the schedule is made inside.
    done = callbackScope(host.global.process, 0, 0, undefined, () => {
      const next = timers.processTimers!.call(host.global.process, loopNow());
      timers.timerRef = next > 0;
      if (next !== 0) timers.dueMs = Math.max(Math.abs(next), loopNow() + 1);
      return true;
    });
  } while (done === undefined);
}

function runImmediates(): void {
  runDestroyHooks();
  if (timers.immediateInfo[Immediate.Count] === 0) return;
  do {
    callbackScope(host.global.process, 0, 0, undefined, () => timers.processImmediate!.call(host.global.process));
  } while (timers.immediateInfo[Immediate.HasOutstanding] !== 0);
  if (timers.immediateInfo[Immediate.RefCount] === 0) timers.immediateRef = false;
}

/** A timer of the program's own, which no script sees. */
export class LoopTimer {
  referenced = true;
  #dueMs = -1;
  constructor(readonly run: () => void) {}

  get dueMs(): number { return this.#dueMs; }

  start(delayMs: number): void {
    this.#dueMs = loopNow() + Math.max(1, delayMs);
    loopTimers.add(this);
  }

  stop(): void {
    loopTimers.delete(this);
  }
}
const loopTimers = new Set<LoopTimer>();

function runLoopTimers(): void {
  if (loopTimers.size === 0) return;
  const now = loopNow();
  for (const timer of [...loopTimers]) {
    if (timer.dueMs > now || !loopTimers.has(timer)) continue;
    loopTimers.delete(timer);
    timer.run();
  }
}

/** When the next timer of either kind is due, in ms of `loopNow`; -1 for never. */
function nextDueMs(): number {
  let due = timers.dueMs;
  for (const timer of loopTimers) if (due < 0 || timer.dueMs < due) due = timer.dueMs;
  return due;
}

// --- work that completes in the poll phase ------------------------------------------------------------------------------------

interface Work { turn: number; run: () => void; request: object | undefined }
const work: Work[] = [];
/** The request whose callback runs. */
let completing: object | undefined;
let turn = 0;

/** Runs `run` in the poll phase, and keeps the loop alive until then. What a thread pool does elsewhere. `request`: on whose behalf. */
export function enqueueWork(run: () => void, request?: object): void {
  work.push({ turn, run, request });
}

/** Before and right after descriptors are looked at: libuv's pending callbacks. */
const pending: (() => void)[] = [];
/** As often as libuv runs those that others have made, before it goes on. */
const PENDING_ROUNDS = 8;

export function enqueuePending(run: () => void): void {
  pending.push(run);
}

function runPending(): void {
  for (const run of pending.splice(0)) run();
}

// --- descriptors --------------------------------------------------------------------------------------------------------------

/** Interest in one descriptor. */
export class Watcher {
  events = 0;
  referenced = true;
  #slot = -1;
  /** `isSignal`: news of a signal, a child's end included, which libuv tells after all else that a turn found. */
  constructor(readonly fd: number, readonly callback: (revents: number) => void, readonly isSignal = false) {}

  /** Watches for these events from now on; 0 stops. */
  watch(events: number): void {
    if (events === this.events) return;
    this.events = events;
    if (events === 0) {
      slots[this.#slot] = undefined;
      changes.push(this.#slot, -1, 0);
      freed.push(this.#slot);
      this.#slot = -1;
      watchers.delete(this);
      return;
    }
    if (this.#slot < 0) {
      this.#slot = free.pop() ?? slots.length;
      slots[this.#slot] = this;
      watchers.add(this);
    }
    changes.push(this.#slot, this.fd, events);
  }
}
const watchers = new Set<Watcher>();
/** Who watches, by the places of the loop's table of descriptors; what changes there goes to it in `prepare`, so that a turn
    costs what happens in it, however many connections are open. */
const slots: (Watcher | undefined)[] = [];
const free: number[] = [];
/** Given up since the last `prepare`; in use again only after it, so that news of the old is never taken for news of the new. */
let freed: number[] = [];
let changes: number[] = [];

/** Handles that keep the process alive without a descriptor of their own. */
export const keepAlive = new Set<object>();

// --- closing ------------------------------------------------------------------------------------------------------------------

const closing: Array<() => void> = [];

/** Runs `callback` in the closing phase of this turn. */
export function enqueueClose(callback: () => void): void {
  closing.push(callback);
}

function isAlive(): boolean {
  if (work.length > 0 || pending.length > 0 || closing.length > 0 || keepAlive.size > 0) return true;
  if (timers.dueMs >= 0 && timers.timerRef) return true;
  for (const timer of loopTimers) if (timer.referenced) return true;
  if (timers.immediateRef && timers.immediateInfo[Immediate.RefCount]! > 0) return true;
  for (const watcher of watchers) if (watcher.referenced) return true;
  return false;
}

/** The requests under way: what `process._getActiveRequests` gives. */
export function activeRequests(): object[] {
  return [completing, ...work.map((entry) => entry.request)].filter((request) => request !== undefined);
}

/** What the loop has done: turns, events that it was told of, and the time that it slept. `began` runs before the first sleep. */
export const metrics = { turns: 0, events: 0, idleNs: 0, began: undefined as undefined | (() => void), ended: undefined as undefined | (() => void) };
let asleepSinceNs = 0;

function prepare(): number[] {
  const { began } = metrics;
  metrics.began = undefined;
  began?.();
  metrics.turns += 1;
  const plan = sleepPlan();
  asleepSinceNs = plan[0] === 0 ? 0 : monotonicNs();
  return plan;
}

/** How long to sleep at most, in ms, and what has changed in the table of descriptors. */
function sleepPlan(): number[] {
  const plan = [0, ...changes];
  changes = [];
  free.push(...freed);
  freed = [];
  if (work.length > 0 || pending.length > 0 || closing.length > 0 || timers.immediateInfo[Immediate.RefCount]! > 0 || !isAlive()) return plan;
  const dueMs = nextDueMs();
  plan[0] = dueMs < 0 ? -1 : Math.max(0, dueMs - (monotonicNs() - origin.ns) / 1e6);
  return plan;
}

function ready(list: number[]): void {
  if (asleepSinceNs > 0) metrics.idleNs += monotonicNs() - asleepSinceNs;
  metrics.events += list.length / 2;
  const current = turn++;
  runPending();
  // News of signals, a child's end included, come after all else that the turn found, as in libuv.
  for (const ofSignals of [false, true]) {
    for (let i = 0; i < list.length; i += 2) {
      const watcher = slots[list[i]!];
      if (watcher?.isSignal === ofSignals) watcher.callback(list[i + 1]!);
    }
  }
  for (let round = 0; round < PENDING_ROUNDS && pending.length > 0; round += 1) runPending();
  // With immediates waiting, a thread pool would seldom be done already: they go first.
  const eager = timers.immediateInfo[Immediate.Count] === 0;
  let count = work.length;
  while (count-- > 0 && work.length > 0 && (eager || work[0]!.turn < current)) {
    const entry = work.shift()!;
    completing = entry.request;
    entry.run();
  }
  completing = undefined;
}

function close(): boolean {
  releaseKept();
  // libuv keeps them in a list that grows at its head.
  for (const callback of closing.splice(0).reverse()) callback();
  return isAlive();
}

/** What is to be done last, however the process exits; not when a signal ends it. */
export const atExit: (() => void)[] = [];
const leave = (): void => {
  metrics.ended?.();
  atExit.splice(0).forEach((last) => last());
};
const { program_exit: exit } = host.ops;
host.ops.program_exit = (status: number): never => {
  leave();
  return exit(status);
};

host.engine.setEntry('alive', isAlive);
host.engine.setEntry('timers', () => {
  runLoopTimers();
  runTimers();
});
host.engine.setEntry('prepare', prepare);
host.engine.setEntry('ready', ready);
host.engine.setEntry('check', runImmediates);
host.engine.setEntry('close', close);
host.engine.setEntry('drained', () => {
  runDestroyHooks();
  const status = onDrained(isAlive);
  if (typeof status === 'number') leave();
  return status;
});
