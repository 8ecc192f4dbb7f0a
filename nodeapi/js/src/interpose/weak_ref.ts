// The engine counts references, so an object that only a WeakRef knows is gone at once. The language keeps a target alive until the
// current job is over (KeepDuringJob); here, until the turn of the event loop is.

const NativeWeakRef = host.global.WeakRef;
const kept: unknown[] = [];

/** The turn is over. */
export function releaseKept(): void {
  kept.length = 0;
}

class WeakRef<T extends object> extends NativeWeakRef {
  constructor(target: T) {
    super(target);
    kept.push(target);
  }

  deref(): T | undefined {
    const target = super.deref();
    if (target !== undefined) kept.push(target);
    return target;
  }
}
Object.defineProperty(host.global, 'WeakRef', { value: WeakRef, writable: true, configurable: true, enumerable: false });
