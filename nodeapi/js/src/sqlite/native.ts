// The ops of `node:sqlite`, its errors, and what its classes have in common.

import { coded } from '../crypto/openssl';

type NativeError = [message: string, errcode: number, errstr: string];

declare global {
  interface Ops {
    sqlite_give(data: string | Bytes): void;
    sqlite_take(): any;
    sqlite_open(path: string | Uint8Array, readOnly: boolean, timeoutMs: number, timeZone: string): number | NativeError;
    sqlite_close(connection: number): void;
    sqlite_error(connection: number): NativeError;
    sqlite_error_text(code: number): string;
    sqlite_config(connection: number, option: number, on: boolean): number;
    sqlite_limit(connection: number, limit: number, value: number): number;
    sqlite_in_transaction(connection: number): boolean;
    sqlite_location(connection: number, name: string): string | null;
    sqlite_changes(connection: number, asBigInts: boolean): [number | bigint, number | bigint];
    sqlite_finalize(statement: number): void;
    sqlite_reset(statement: number, clearsBindings: boolean): number;
    sqlite_parameters(statement: number): Array<string | null>;
    sqlite_bind(statement: number, index: number, kind: number, value?: unknown): number;
    sqlite_columns(statement: number): Array<Array<string | null>>;
    sqlite_column_names(statement: number): string[];
    sqlite_sql(statement: number, expanded: boolean): string | null;
    sqlite_function(connection: number, name: string, args: number, flags: number, callback: number): number;
    sqlite_aggregate(connection: number, name: string, args: number, flags: number, callback: number, hasInverse: boolean): number;
    sqlite_authorizer(connection: number, callback: number): number;
    sqlite_call_result(kind: number, value?: unknown): void;
    sqlite_session(connection: number, database: string, table: string | undefined): number;
    sqlite_session_delete(session: number): void;
    sqlite_backup_finish(backup: number): NativeError | undefined;
    sqlite_exec(connection: number): number;
    sqlite_prepare(connection: number): number;
    sqlite_step(statement: number, rows: number, asBigInts: number): number;
    sqlite_changeset(session: number, patchset: number): number;
    sqlite_apply(connection: number, callback: number, filters: number): number;
    sqlite_serialize(connection: number): number;
    sqlite_deserialize(connection: number): number;
    sqlite_backup_start(connection: number): number;
    sqlite_backup_step(backup: number, pages: number): number;
  }
}

/** SQLite's codes. */
export const OK = 0;
export const ABORT = 4;
export const BUSY = 5;
export const LOCKED = 6;
export const ROW = 100;
export const DONE = 101;

/** How a value is passed: the `kind` of `sqlite_bind` and `sqlite_call_result`. */
export const Kind = { null: 0, number: 1, bigint: 2, text: 3, bytes: 4, error: 5 } as const;

/** Where the state of an object is kept. */
export const state = host.engine.privateSymbol('sqlite:state');

export function invalidState(message: string): Error {
  return coded(Error, 'ERR_INVALID_STATE', message);
}

export function wrongType(message: string): Error {
  return coded(TypeError as any, 'ERR_INVALID_ARG_TYPE', message);
}

export function outOfRange(message: string): Error {
  return coded(RangeError as any, 'ERR_OUT_OF_RANGE', message);
}

export function wrongValue(message: string): Error {
  return coded(TypeError as any, 'ERR_INVALID_ARG_VALUE', message);
}

export function sqliteError([message, errcode, errstr]: NativeError): Error {
  return Object.assign(coded(Error, 'ERR_SQLITE_ERROR', message), { errcode, errstr });
}

/** An error of a code alone. */
export function codeError(errcode: number): Error {
  return Object.assign(coded(Error, 'ERR_SQLITE_ERROR', host.ops.sqlite_error_text(errcode)), { errcode });
}

/** The bytes of a view or buffer. */
export function bytesOf(value: ArrayBufferView | ArrayBuffer): Uint8Array {
  return ArrayBuffer.isView(value)
    ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
    : new Uint8Array(value);
}

export function isBuffer(value: unknown): value is ArrayBuffer {
  return value instanceof ArrayBuffer || (typeof SharedArrayBuffer === 'function' && value instanceof SharedArrayBuffer);
}

/** `value`, an object of options. */
export function optionsOf(value: unknown, name = 'options'): any {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) {
    throw wrongType(`The "${name}" argument must be an object.`);
  }
  return value;
}

/** A boolean option, or what stands for it. */
export function booleanOption(options: any, name: string, otherwise: boolean): boolean {
  const value = options[name];
  if (value === undefined) return otherwise;
  if (typeof value !== 'boolean') throw wrongType(`The "options.${name}" argument must be a boolean.`);
  return value;
}

export function stringOption(options: any, name: string, otherwise: string | undefined): string | undefined {
  const value = options[name];
  if (value === undefined) return otherwise;
  if (typeof value !== 'string') throw wrongType(`The "options.${name}" argument must be a string.`);
  return value;
}

export function booleanArgument(value: unknown, name: string): boolean {
  if (typeof value !== 'boolean') throw wrongType(`The "${name}" argument must be a boolean.`);
  return value;
}

/** A database's place as a path or URI for SQLite. */
export function locationOf(value: any, name = 'path'): string | Uint8Array {
  let path: string | Uint8Array | undefined;
  if (typeof value === 'string' || value instanceof Uint8Array) path = value;
  else if (typeof value === 'object' && value !== null && typeof value.href === 'string') {
    if (!value.href.startsWith('file:')) throw coded(TypeError as any, 'ERR_INVALID_URL_SCHEME', 'The URL must be of scheme file:');
    path = value.href as string;
  }
  if (path === undefined || (typeof path === 'string' ? path.includes('\0') : path.includes(0))) {
    throw wrongType(`The "${name}" argument must be a string, Uint8Array, or URL without null bytes.`);
  }
  return path;
}

/** The state of `object`, which must be one of a class. */
export function stateOf<T>(object: any, Class: abstract new (...args: any[]) => T): T {
  const found = object?.[state];
  if (!(found instanceof Class)) throw new TypeError('Illegal invocation');
  return found;
}

/** A class as V8 makes them from templates: methods are seen by `for in`, and calling it without `new` has Node's error. */
export function nativeClass(name: string, construct: (this: any, args: any[], called: boolean) => void, methods: Record<string, (this: any, ...args: any[]) => any>): any {
  const Class = function(this: any, ...args: any[]): void {
    construct.call(this, args, new.target === undefined);
  };
  Object.defineProperty(Class, 'name', { value: name, configurable: true });
  for (const key of Reflect.ownKeys(methods)) (Class as any).prototype[key] = (methods as any)[key];
  return Class;
}

/** What only this module makes. */
export function illegalConstructor(): never {
  throw coded(Error, 'ERR_ILLEGAL_CONSTRUCTOR', 'Illegal constructor');
}

/** Own accessors without a name or setter, as those of templates. */
export function accessors(object: object, getters: Record<string, (this: any) => unknown>): void {
  for (const [key, read] of Object.entries(getters)) {
    const [get] = [function(this: any) { return read.call(this); }];
    Object.defineProperty(object, key, { get, enumerable: true, configurable: false });
  }
}
