// The interface's errors, and sources of bytes.

/** Like the language's own errors it needs no `new`. */
export function errorClass(name: string): ErrorConstructor {
  const Made = { [name]: function(...args: unknown[]): unknown {
    return Reflect.construct(Error, args, new.target ?? Made);
  } }[name] as any;
  Object.setPrototypeOf(Made, Error);
  Made.prototype = Object.create(Error.prototype);
  for (const [key, value] of [['constructor', Made], ['name', name], ['message', '']]) {
    Object.defineProperty(Made.prototype, key, { value, writable: true, configurable: true });
  }
  Object.defineProperty(Made, 'prototype', { writable: false });
  return Made;
}
export const [CompileError, LinkError, RuntimeError] = ['CompileError', 'LinkError', 'RuntimeError'].map(errorClass) as
  [ErrorConstructor, ErrorConstructor, ErrorConstructor];

export function bytesOf(source: unknown, who: string): Uint8Array {
  if (ArrayBuffer.isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  if (source instanceof ArrayBuffer || source instanceof SharedArrayBuffer) return new Uint8Array(source);
  throw new TypeError(`${who}: Argument 0 must be a buffer source`);
}
