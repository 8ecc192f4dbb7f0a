// Options of V8 that mean something on another engine.

import { forbidStrings } from './code_generation';
import { command, onProcessStart } from './start';

/** Whether `gc` is to be in the contexts that are made from now on. */
export const exposed = { gc: false };

/** `globalThis.gc`, as after `--expose-gc`. */
export function installGc(global: any): void {
  exposed.gc = true;
  Object.defineProperty(global, 'gc', {
    configurable: true, enumerable: false, writable: true,
    value: { gc(options?: any): unknown {
      host.loadGlue('interpose/weak_ref').releaseKept();
      host.engine.collectGarbage();
      return options?.execution === 'async' ? Promise.resolve() : undefined;
    } }.gc,
  });
}

onProcessStart(() => {
  Error.stackTraceLimit = command.options['--stack-trace-limit'];
  if (command.v8Options.some((option) => /^--expose[-_]gc$/.test(option))) installGc(host.global);
  if (command.v8Options.some((option) => /^--disallow[-_]code[-_]generation[-_]from[-_]strings$/.test(option))) forbidStrings(host.global);
});
