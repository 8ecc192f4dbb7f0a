// Removes globals that the engine brings and Node does not have, or defines itself.

import { hideFunctionOrigin } from '../function_origin';

for (const name of [
  'InternalError', 'performance', 'navigator', 'queueMicrotask', 'btoa', 'atob', 'DOMException', 'print', 'console', 'gc',
]) {
  delete host.global[name];
}

hideFunctionOrigin(host.global);

// A build of the engine without threads has no Atomics. With one thread, plain operations are atomic.
if (host.global.Atomics === undefined) {
  const change = (name: string, compute: (old: any, value: any) => any): object => ({
    [name](array: any, index: number, value: any): any {
      const old = array[index];
      array[index] = compute(old, value);
      return old;
    },
  });
  const atomics = {
    ...change('add', (a, b) => a + b),
    ...change('and', (a, b) => a & b),
    ...change('exchange', (_, b) => b),
    ...change('or', (a, b) => a | b),
    ...change('sub', (a, b) => a - b),
    ...change('xor', (a, b) => a ^ b),
    compareExchange(array: any, index: number, expected: any, value: any): any {
      const old = array[index];
      if (old === expected) array[index] = value;
      return old;
    },
    load: (array: any, index: number): any => array[index],
    store(array: any, index: number, value: any): any {
      array[index] = value;
      return value;
    },
    isLockFree: (size: number): boolean => size === 1 || size === 2 || size === 4 || size === 8,
    notify: (): number => 0,
    wait(array: any, index: number, expected: any, timeoutMs = Infinity): string {
      if (array[index] !== expected) return 'not-equal';
      if (timeoutMs === Infinity) throw new TypeError('Atomics.wait would wait for ever: there is one thread');
      host.ops.sys_poll(new Uint8Array(0), Math.ceil(timeoutMs * 1e6), new Uint8Array(0));
      return 'timed-out';
    },
    waitAsync: (): never => {
      throw new TypeError('Atomics.waitAsync is not available: there is one thread');
    },
  };
  const Atomics = {};
  for (const [name, value] of Object.entries(atomics)) {
    Object.defineProperty(Atomics, name, { value, writable: true, configurable: true, enumerable: false });
  }
  Object.defineProperty(Atomics, Symbol.toStringTag, { value: 'Atomics', configurable: true });
  Object.defineProperty(host.global, 'Atomics', { value: Atomics, writable: true, configurable: true, enumerable: false });
}
