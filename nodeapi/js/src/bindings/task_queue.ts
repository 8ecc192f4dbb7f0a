import { tick } from '../async_wrap';
import { triggerUncaughtException } from '../fatal';

export function create(): object {
  return {
    tickInfo: tick.info,
    enqueueMicrotask(fn: () => void): void {
      host.engine.enqueueMicrotask(() => {
        try {
          fn();
        } catch (error) {
          triggerUncaughtException(error, false, true);
        }
      });
    },
    setTickCallback(fn: () => void): void { tick.callback = fn; },
    runMicrotasks(): void { host.engine.runMicrotasks(); },
    setPromiseRejectCallback(fn: (type: number, promise: unknown, reason: unknown) => void): void {
      host.engine.setRejectionCallback(fn);
    },
  };
}
