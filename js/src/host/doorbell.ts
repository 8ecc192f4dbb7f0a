/**
 * How a task's worker wakes the kernel's: word 0 counts rings, the words behind it hold one bit per worker slot that has a
 * request. One doorbell per container, in shared memory.
 */

/** Task workers of one container at a time, as `TASKS_MAX` of oac-abi. */
export const WORKERS_MAX = 256;

const WORDS = 1 + WORKERS_MAX / 32;

export function createDoorbell(): SharedArrayBuffer {
  return new SharedArrayBuffer(4 * WORDS);
}

/** The task's side. */
export function ring(bell: Int32Array<SharedArrayBuffer>, index: number): void {
  Atomics.or(bell, 1 + (index >> 5), 1 << (index & 31));
  Atomics.add(bell, 0, 1);
  Atomics.notify(bell, 0);
}

/** Ends the kernel's wait without a request: its next deadline may have changed. */
export function nudge(bell: Int32Array<SharedArrayBuffer>): void {
  Atomics.add(bell, 0, 1);
  Atomics.notify(bell, 0);
}

/** The kernel's side: takes all bits that are set and calls `serve` for each. */
export function takeRings(bell: Int32Array<SharedArrayBuffer>, serve: (index: number) => void): void {
  for (let word = 1; word < WORDS; word++) {
    let bits = Atomics.exchange(bell, word, 0);
    while (bits !== 0) {
      const bit = 31 - Math.clz32(bits & -bits);
      bits &= bits - 1;
      serve(((word - 1) << 5) | bit);
    }
  }
}
