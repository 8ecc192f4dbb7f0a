// One operation, three forms: Node's bindings throw or return without a request object, complete an `FSReqCallback` later,
// or give a promise for `kUsePromises`.

import { AsyncWrap, callIn } from './async_wrap';
import { enqueueWork, POLLIN, Watcher } from './loop';
import { isolateSymbols } from './symbols';
import { uvException } from './uv';

export const kUsePromises = isolateSymbols['fs_use_promises_symbol']!;

/** A value, or `-errno`. */
export type Outcome<T> = T | Result;

/** Marks the numbers that are values, for operations whose result is a number. */
export function failed(outcome: unknown): outcome is number {
  return typeof outcome === 'number' && outcome < 0;
}

export class FSReqCallback extends AsyncWrap {
  declare oncomplete?: (error: unknown, value?: unknown) => void;
  constructor(_bigint?: boolean) {
    super('FSREQCALLBACK');
  }
}

class FSReqPromise extends AsyncWrap {
  constructor() {
    super('FSREQPROMISE');
  }
}

/** The same for an asynchronous read of a descriptor that may have nothing to read yet (a pipe, a terminal): the loop goes on meanwhile. */
export function requestRead<T>(req: any, fd: number, work: () => Outcome<T>): T | Promise<T> | undefined {
  if (req === undefined || hasInput(fd)) return request(req, 'read', undefined, undefined, work);
  let settled!: (value: T | Promise<T> | undefined) => void;
  const later = req === kUsePromises ? new Promise<T>((resolve) => (settled = resolve as typeof settled)) : undefined;
  const watcher = new Watcher(fd, () => {
    // Another read may have been quicker.
    if (!hasInput(fd)) return;
    watcher.watch(0);
    const value = request(req, 'read', undefined, undefined, work);
    if (later !== undefined) settled(value);
  });
  watcher.watch(POLLIN);
  return later;
}

/** Whether a read does not wait: there is something, or its end, or an error. */
function hasInput(fd: number): boolean {
  const record = new Uint8Array(8);
  const view = new DataView(record.buffer);
  view.setInt32(0, fd, true);
  view.setUint16(4, POLLIN, true);
  return host.ops.sys_poll(record, 0, new Uint8Array(8)) !== 0;
}

/** Runs `work` in the form that `req` asks for. `work` gives `-errno` (a number below zero) on failure. */
export function request<T>(
  req: any, syscall: string, path: unknown, dest: unknown, work: () => Outcome<T>,
): T | Promise<T> | undefined {
  if (req === undefined) {
    const outcome = work();
    if (failed(outcome)) throw uvException(outcome, syscall, undefined, path, dest);
    return outcome as T;
  }
  if (req === kUsePromises) {
    const wrap = new FSReqPromise();
    return new Promise<T>((resolve, reject) => {
      enqueueWork(() => {
        const outcome = guarded(work);
        callIn(wrap, () => {
          if (outcome.thrown !== undefined) reject(outcome.thrown);
          else if (failed(outcome.value)) reject(uvException(outcome.value, syscall, undefined, path, dest));
          else resolve(outcome.value as T);
        });
        AsyncWrap.end(wrap);
      }, wrap);
    });
  }
  enqueueWork(() => {
    const outcome = guarded(work);
    callIn(req, () => {
      if (outcome.thrown !== undefined) req.oncomplete(outcome.thrown);
      else if (failed(outcome.value)) req.oncomplete(uvException(outcome.value, syscall, undefined, path, dest));
      else if (outcome.value === undefined) req.oncomplete(null);
      else req.oncomplete(null, outcome.value);
    });
    AsyncWrap.end(req);
  }, req);
  return undefined;
}

function guarded<T>(work: () => Outcome<T>): { value?: Outcome<T>; thrown?: unknown } {
  try {
    return { value: work() };
  } catch (thrown) {
    return { thrown };
  }
}
