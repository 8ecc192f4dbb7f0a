// The private symbols of the binding `util` and the per-isolate symbols of the binding `symbols`: made once, given by name.

import { constant } from './oracle';

function own(binding: string, member: string | undefined): Record<string, string> {
  const shapes = member === undefined ? host.loadGlue('oracle').symbolNames(binding) : constant(binding, member);
  const names: Record<string, string> = {};
  for (const [key, value] of Object.entries(shapes)) {
    if (typeof value === 'symbol') names[key] = value.description ?? key;
  }
  return names;
}

/** V8's private symbols: keys that no reflection shows. */
export const privateSymbols: Record<string, symbol> = {};
for (const [key, description] of Object.entries(own('util', 'privateSymbols'))) {
  privateSymbols[key] = host.engine.privateSymbol(description);
}

/** Ordinary symbols that native code and the library share. */
export const isolateSymbols: Record<string, symbol> = {};
for (const [key, description] of Object.entries(own('symbols', undefined))) isolateSymbols[key] = Symbol(description);

export const kExiting = 0;
export const kExitCode = 1;
export const kHasExitCode = 2;
