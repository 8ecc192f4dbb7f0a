// What a program is told when the container may not reach the outside: Node's error, and which option would allow it. Node's library
// makes the error itself, so that the words are added on its way to the program.

import { isolateSymbols } from './symbols';

const owner = isolateSymbols['owner_symbol']!;

function hint(host: string): string {
  return ` (this container may not reach ${host}: allow it with --allow-net=${host})`;
}

function explained(error: any, host: string): any {
  for (const one of [error, ...(error?.errors ?? [])]) {
    if (one?.code !== 'EACCES' || typeof one.message !== 'string' || one.message.includes('--allow-net')) continue;
    const [before, stack] = [one.message, one.stack];
    one.message += hint(host);
    if (typeof stack === 'string') one.stack = stack.replace(before, () => one.message);
  }
  return error;
}

/** Adds the words to the error that a lookup's request will give. */
export function explainDenial(req: any, host: string): void {
  for (const name of ['callback', 'reject']) {
    const told = req[name];
    if (typeof told === 'function') req[name] = function(this: unknown, error: unknown, ...rest: unknown[]) { return Reflect.apply(told, this, [explained(error, host), ...rest]); };
  }
}

/** Adds the words to the error that a socket is destroyed with. */
export function explainRefusal(handle: any, host: string): void {
  const socket = handle[owner];
  if (socket === undefined || socket === null || typeof socket.destroy !== 'function') return;
  const destroy = socket.destroy;
  socket.destroy = function(error: unknown, ...rest: unknown[]) {
    delete socket.destroy;
    return Reflect.apply(destroy, socket, [explained(error, host), ...rest]);
  };
}
