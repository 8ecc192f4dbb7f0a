// A connection behind its object: what was made on it, what runs on it, and what SQLite asks scripts meanwhile.

import { Kind, OK, bytesOf, invalidState, isBuffer, outOfRange, sqliteError } from './native';

const { ops } = host;

/** What SQLite asks: `Ask` of `nodeapi/program/src/ops/sqlite/calls.rs`. */
const enum Ask { Function, Step, Inverse, Value, Final, Authorize, Filter, Conflict }

export interface ScriptFunction { call: (...args: any[]) => any; bigInts: boolean }
interface Group { value: any; isWindow: boolean }
export interface Aggregate {
  start: any; step: (...args: any[]) => any; inverse: ((...args: any[]) => any) | undefined;
  result: ((value: any) => any) | undefined; bigInts: boolean; groups: Map<number, Group>;
}
export interface ChangesetHandlers { filter: ((table: string) => any) | undefined; onConflict: ((kind: number) => any) | undefined }
type Callback = ScriptFunction | Aggregate | ChangesetHandlers | ((...args: any[]) => any);

/** A prepared statement, freed with its object or with its connection. */
export class StatementHandle {
  finalized = false;
  /** Counts resets: an iterator of before is void. */
  generation = 0;
  constructor(readonly connection: Connection, readonly id: number) {}

  finalize(): void {
    if (this.finalized) return;
    this.finalized = true;
    this.connection.statements.delete(this);
    this.connection.afterRun(() => ops.sqlite_finalize(this.id));
  }
}

/** One that is no longer needed; `close` tells what hangs on it. */
export interface Closable { abandon(): void }

/** See above. */
export class Connection {
  readonly statements = new Set<StatementHandle>();
  readonly dependents = new Set<Closable>();
  readonly callbacks = new Map<number, Callback>();
  #nextCallback = 1;
  #running = 0;
  #deferred: Array<() => void> = [];
  #thrown: [any] | undefined;
  closed = false;

  constructor(readonly id: number) {}

  addCallback(callback: Callback): number {
    const id = this.#nextCallback++;
    this.callbacks.set(id, callback);
    return id;
  }

  /** Runs SQL, during which scripts may be asked; what one of them threw is thrown. */
  run<T>(work: () => T): T {
    const before = this.#thrown;
    this.#thrown = undefined;
    this.#running++;
    active.push(this);
    let result: T;
    try {
      result = work();
    } finally {
      active.pop();
      this.#running--;
      if (this.#running === 0) for (const act of this.#deferred.splice(0)) act();
    }
    const thrown = this.#thrown as [any] | undefined;
    this.#thrown = before;
    if (thrown !== undefined) throw thrown[0];
    return result;
  }

  /** Now, or when nothing runs any more: what runs must not be freed. */
  afterRun(act: () => void): void {
    if (this.#running > 0) this.#deferred.push(act);
    else act();
  }

  /** Keeps what a script threw; the first counts. */
  keep(thrown: any): void {
    this.#thrown ??= [thrown];
  }

  check(code: number): void {
    if (code !== OK) throw this.error();
  }

  error(): Error {
    return sqliteError(ops.sqlite_error(this.id));
  }

  finalizeStatements(): void {
    for (const statement of [...this.statements]) statement.finalize();
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.finalizeStatements();
    for (const dependent of [...this.dependents]) dependent.abandon();
    this.callbacks.clear();
    this.afterRun(() => ops.sqlite_close(this.id));
  }
}

/** The connections on which SQL runs, innermost last. */
const active: Connection[] = [];

/** A value of SQLite's, whose integers came as BigInts, for a script. */
function argument(value: any, bigInts: boolean): any {
  if (typeof value !== 'bigint' || bigInts) return value;
  if (value > 9007199254740991n || value < -9007199254740991n) {
    throw outOfRange(`Value is too large to be represented as a JavaScript number: ${value}`);
  }
  return Number(value);
}

/** Gives SQLite what a script gave. */
function answer(value: any): void {
  if (value === undefined || value === null) ops.sqlite_call_result(Kind.null);
  else if (typeof value === 'number') ops.sqlite_call_result(Kind.number, value);
  else if (typeof value === 'string') ops.sqlite_call_result(Kind.text, value);
  else if (ArrayBuffer.isView(value) || isBuffer(value)) ops.sqlite_call_result(Kind.bytes, bytesOf(value));
  else if (typeof value === 'bigint') {
    if (BigInt.asIntN(64, value) === value) ops.sqlite_call_result(Kind.bigint, value);
    else ops.sqlite_call_result(Kind.error, 'BigInt value is too large for SQLite');
  } else if (value instanceof Promise) ops.sqlite_call_result(Kind.error, 'Asynchronous user-defined functions are not supported');
  else ops.sqlite_call_result(Kind.error, 'Returned JavaScript value cannot be converted to a SQLite value');
}

function authorize(callback: (...args: any[]) => any, action: number, names: any[]): number {
  const code = callback(action, ...names);
  if (typeof code !== 'number' || (code | 0) !== code) throw new TypeError('Authorizer callback must return an integer authorization code');
  if (code !== 0 && code !== 1 && code !== 2) throw new RangeError('Authorizer callback returned a invalid authorization code');
  return code;
}

/** The value of a group so far, begun if need be. */
function groupOf(aggregate: Aggregate, number: number): Group {
  let group = aggregate.groups.get(number);
  if (group === undefined) {
    group = { value: typeof aggregate.start === 'function' ? aggregate.start() : aggregate.start, isWindow: false };
    aggregate.groups.set(number, group);
  }
  return group;
}

function step(aggregate: Aggregate, run: (...args: any[]) => any, number: number, args: any[]): void {
  const group = groupOf(aggregate, number);
  group.value = run(group.value, ...args.map((value) => argument(value, aggregate.bigInts)));
}

/** Carries one question out; the number that SQLite gets. */
function carryOut(what: Ask, callback: any, call: number, args: any[]): number {
  switch (what) {
    case Ask.Function:
      answer(callback.call(...args.map((value) => argument(value, callback.bigInts))));
      return 0;
    case Ask.Step: step(callback, callback.step, call, args); return 0;
    case Ask.Inverse: step(callback, callback.inverse, call, args); return 0;
    case Ask.Value:
    case Ask.Final: {
      try {
        const group = groupOf(callback, call);
        // The last value of a window has been asked for already.
        if (what === Ask.Value) group.isWindow = true;
        else if (group.isWindow) return 0;
        const { value } = group;
        answer(callback.result === undefined ? value : callback.result(value));
      } finally {
        if (what === Ask.Final) callback.groups.delete(call);
      }
      return 0;
    }
    case Ask.Authorize: return authorize(callback, call, args);
    case Ask.Filter: return callback.filter(args[0]) ? 1 : 0;
    case Ask.Conflict: {
      // Without a handler the changeset is given up.
      if (callback.onConflict === undefined) return 2;
      const decision = callback.onConflict(call);
      return typeof decision === 'number' && (decision | 0) === decision && decision >= 0 ? decision : 0x7fff_ffff;
    }
  }
}

host.engine.setEntry('sqliteCall', (what: Ask, id: number, call: number): number => {
  const args = ops.sqlite_take();
  const connection = active[active.length - 1];
  const callback = connection?.callbacks.get(id);
  if (connection === undefined || callback === undefined) return -1;
  try {
    return carryOut(what, callback, call, args);
  } catch (error) {
    connection.keep(error);
    // A handler that threw gives the changeset up; anything else fails.
    return what === Ask.Conflict ? 2 : what === Ask.Filter ? 0 : what === Ask.Authorize ? 1 : -1;
  }
});

/** Throws unless the connection is open. */
export function open(connection: Connection | undefined): Connection {
  if (connection === undefined || connection.closed) throw invalidState('database is not open');
  return connection;
}
