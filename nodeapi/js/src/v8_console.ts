// V8's own console, which talks to an inspector: without one its methods do nothing. Contexts of `vm` have it whole; Node's console takes
// those members from it that it lacks (`wrapConsole` of lib/internal/util/inspector.js).

const CONSOLE = [
  'debug', 'error', 'info', 'log', 'warn', 'dir', 'dirxml', 'table', 'trace', 'group', 'groupCollapsed', 'groupEnd', 'clear', 'count',
  'countReset', 'assert', 'profile', 'profileEnd', 'time', 'timeLog', 'timeEnd', 'timeStamp',
];

const silent = (): object => Object.fromEntries(CONSOLE.map((name) => [name, { [name](): void {} }[name]]));

const members = {
  context: (_name: unknown): object => silent(),
  /** Nobody looks at the stack that a task keeps. */
  createTask(name: unknown): object {
    if (typeof name !== 'string' || name === '') throw new Error('First argument must be a non-empty string.');
    return {
      run(callback: unknown): unknown {
        if (typeof callback !== 'function') throw new Error('First argument must be a function.');
        return callback();
      },
    };
  },
};

/** A console of V8's that nobody listens to. */
export function silentConsole(): object {
  return { ...silent(), ...members };
}

/** Gives Node's console what only V8's has. */
export function completeConsole(console: any): void {
  for (const [name, value] of Object.entries(silentConsole())) console[name] ??= value;
}
