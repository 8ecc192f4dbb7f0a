// What V8 has and an engine behind the port may lack, where plain JavaScript and the intrinsics can make it.

import { isArrayBuffer, isNativeError } from '../class_ids';

const define = (target: object, name: string, value: unknown): void => {
  if (!(name in target)) Object.defineProperty(target, name, { value, writable: true, configurable: true, enumerable: false });
};

define(Error, 'isError', { isError: (value: unknown): boolean => isNativeError(value) }.isError);

const prototype = ArrayBuffer.prototype as any;
if (!('transfer' in prototype)) {
  const detached = new WeakSet<object>();
  const { apply } = Reflect;
  const isDetached = WeakSet.prototype.has;
  const detach = WeakSet.prototype.add;
  const byteLength = Object.getOwnPropertyDescriptor(prototype, 'byteLength')!.get!;
  const view = Uint8Array;
  const copy = Object.getPrototypeOf(Uint8Array.prototype).set;

  const moved = (buffer: any, newLength: unknown, who: string, resizable: boolean): ArrayBuffer => {
    if (!isArrayBuffer(buffer)) {
      throw new TypeError(`Method ArrayBuffer.prototype.${who} called on incompatible receiver ${String(buffer)}`);
    }
    const length = newLength === undefined ? apply(byteLength, buffer, []) : Math.trunc(Number(newLength)) || 0;
    if (length < 0 || length > Number.MAX_SAFE_INTEGER) throw new RangeError('Invalid array buffer length');
    if (apply(isDetached, detached, [buffer])) {
      throw new TypeError(`Cannot perform ArrayBuffer.prototype.${who} on a detached ArrayBuffer`);
    }
    const options = resizable && buffer.resizable === true ? { maxByteLength: buffer.maxByteLength } : undefined;
    const target = new (ArrayBuffer as any)(length, options);
    const bytes = new view(buffer);
    apply(copy, new view(target), [bytes.length > length ? bytes.subarray(0, length) : bytes]);
    host.engine.detachArrayBuffer(buffer);
    apply(detach, detached, [buffer]);
    return target;
  };
  define(prototype, 'transfer', { transfer(this: any, newLength?: unknown): ArrayBuffer {
    return moved(this, newLength, 'transfer', true);
  } }.transfer);
  define(prototype, 'transferToFixedLength', { transferToFixedLength(this: any, newLength?: unknown): ArrayBuffer {
    return moved(this, newLength, 'transferToFixedLength', false);
  } }.transferToFixedLength);
  // What detaches a buffer otherwise (`structuredClone`) does so through the same intrinsic.
  const native = host.engine.detachArrayBuffer;
  (host.engine as any).detachArrayBuffer = (buffer: ArrayBuffer): void => {
    native(buffer);
    apply(detach, detached, [buffer]);
  };
  const accessor = { get detached(): boolean { return apply(isDetached, detached, [this]); } };
  Object.defineProperty(prototype, 'detached', {
    get: Object.getOwnPropertyDescriptor(accessor, 'detached')!.get, configurable: true, enumerable: false,
  });
}
