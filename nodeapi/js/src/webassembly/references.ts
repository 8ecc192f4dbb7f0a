// References to JavaScript's values, which guests hold by number.

import { guests } from './guest';

/** Values that guests know by number; 0 is null. */
export let referents: unknown[] = [null];
export let references = new Map<unknown, number>();
/** Numbers are given up when nobody is inside a guest and there are more than this: only globals of guests hold any then. */
export let referencesMax = 1024;

export function reference(value: unknown): number {
  if (value === null) return 0;
  let number = references.get(value);
  if (number === undefined) {
    number = referents.push(value) - 1;
    references.set(value, number);
  }
  return number;
}

export function referent(number: number): unknown {
  return referents[number];
}

/** Called when nobody is inside a guest. */
export function sweepReferences(): void {
  if (references.size <= referencesMax) return;
  referencesMax = Infinity;
  const kept = new Set<number>();
  for (const guest of guests) {
    for (const { letter, getter } of guest.shape.globals) {
      if (letter === 'x') kept.add(reference(guest.call(getter, [])));
    }
  }
  references = new Map();
  referents.forEach((value, number) => {
    if (kept.has(number)) references.set(value, number);
    else if (number > 0) delete referents[number];
  });
  referencesMax = Math.max(1024, 2 * references.size);
  if (references.size === 0) referents = [null];
}
