// Web locks of one process, as src/node_locks.cc: granted in the order they were asked for, shared ones together.

import { constant } from '../oracle';

const EXCLUSIVE: string = constant('locks', 'LOCK_MODE_EXCLUSIVE');
const STOLEN: string = constant('locks', 'LOCK_STOLEN_ERROR');

interface Lock { name: string; mode: string; clientId: string }
interface Request extends Lock {
  callback: (lock: Lock | null) => unknown;
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
}

let held: Request[] = [];
let pending: Request[] = [];

function isGrantable(request: Request): boolean {
  return !held.some((other) => other.name === request.name && (other.mode === EXCLUSIVE || request.mode === EXCLUSIVE));
}

function grant(request: Request): void {
  held.push(request);
  run(request, request);
}

function run(request: Request, lock: Request | null): void {
  const given = lock === null ? null : { name: lock.name, mode: lock.mode, clientId: lock.clientId };
  // The program's function may throw at once or later.
  new Promise((resolve) => resolve(request.callback(given))).then(request.resolve, request.reject).finally(() => {
    if (lock !== null && held.includes(lock)) release(lock);
  });
}

function release(lock: Request): void {
  held = held.filter((other) => other !== lock);
  const blocked = new Set<string>();
  for (const request of pending.slice()) {
    if (blocked.has(request.name) || !isGrantable(request)) {
      // Nobody overtakes on the same name.
      blocked.add(request.name);
      continue;
    }
    pending = pending.filter((other) => other !== request);
    grant(request);
  }
}

function request(
  name: string, clientId: string, mode: string, steal: boolean, ifAvailable: boolean, callback: Request['callback'],
): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const wanted: Request = { name, mode, clientId, callback, resolve, reject };
  if (steal) {
    for (const lock of held.filter((other) => other.name === name)) lock.reject(new Error(STOLEN));
    held = held.filter((other) => other.name !== name);
    grant(wanted);
  } else if (isGrantable(wanted) && !pending.some((other) => other.name === name)) {
    grant(wanted);
  } else if (ifAvailable) {
    run(wanted, null);
  } else {
    pending.push(wanted);
  }
  return promise;
}

function query(): Promise<{ held: Lock[]; pending: Lock[] }> {
  const shown = (list: Request[]) => list.map(({ name, mode, clientId }) => ({ name, mode, clientId }));
  return Promise.resolve({ held: shown(held), pending: shown(pending) });
}

export function create(): object {
  return { request, query };
}
