// DatabaseSync.

import { localZone } from '../intl/date';
import { makeBackup } from './backup';
import { Connection, StatementHandle, open } from './connection';
import {
  ABORT, OK, accessors, booleanArgument, booleanOption, codeError, invalidState, locationOf, nativeClass, optionsOf, outOfRange, sqliteError, state,
  stateOf, stringOption, wrongType, wrongValue,
} from './native';
import { newSession } from './session';
import { newStatement, type StatementOptions } from './statement';
import { newTagStore } from './tag_store';
import { coded } from '../crypto/openssl';

const { ops } = host;

/** `SQLITE_DBCONFIG_…`, sqlite3.h. */
const enum Config { ForeignKeys = 1002, Defensive = 1010, DoubleQuotesInStatements = 1013, DoubleQuotesInSchema = 1014 }
/** `SQLITE_DIRECTONLY` and `SQLITE_DETERMINISTIC`. */
const DIRECT_ONLY = 0x80000;
const DETERMINISTIC = 0x800;
/** The names of `limits`, in the order of `SQLITE_LIMIT_…`. */
const LIMITS = [
  'length', 'sqlLength', 'column', 'exprDepth', 'compoundSelect', 'vdbeOp', 'functionArg', 'attach', 'likePatternLength', 'variableNumber',
  'triggerDepth',
];
const LIMIT_MAX = 0x7fff_ffff;

interface OpenOptions {
  open: boolean; readOnly: boolean; foreignKeys: boolean; doubleQuotes: boolean; allowExtension: boolean; timeoutMs: number; defensive: boolean;
  limits: Map<number, number>; statements: StatementOptions;
}

function limitsOption(given: any): Map<number, number> {
  const limits = new Map<number, number>();
  if (given === undefined) return limits;
  const object = optionsOf(given, 'options.limits');
  LIMITS.forEach((name, number) => {
    const value = object[name];
    if (value === undefined) return;
    if (typeof value !== 'number' || (value | 0) !== value) throw wrongType(`The "options.limits.${name}" argument must be an integer.`);
    if (value < 0) throw outOfRange(`The "options.limits.${name}" argument must be non-negative.`);
    limits.set(number, value);
  });
  return limits;
}

function openOptions(args: any[]): OpenOptions {
  const given = args.length > 1 ? optionsOf(args[1]) : {};
  const timeout = given.timeout;
  const options = {
    open: booleanOption(given, 'open', true),
    readOnly: booleanOption(given, 'readOnly', false),
    foreignKeys: booleanOption(given, 'enableForeignKeyConstraints', true),
    doubleQuotes: booleanOption(given, 'enableDoubleQuotedStringLiterals', false),
    allowExtension: booleanOption(given, 'allowExtension', false),
    timeoutMs: 0,
    statements: {
      bigInts: booleanOption(given, 'readBigInts', false),
      arrays: booleanOption(given, 'returnArrays', false),
      bareNames: booleanOption(given, 'allowBareNamedParameters', true),
      unknownNames: booleanOption(given, 'allowUnknownNamedParameters', false),
    },
    defensive: booleanOption(given, 'defensive', true),
    limits: limitsOption(given.limits),
  };
  if (timeout !== undefined) {
    if (typeof timeout !== 'number' || (timeout | 0) !== timeout) throw wrongType('The "options.timeout" argument must be an integer.');
    options.timeoutMs = timeout;
  }
  return options;
}

/** A database behind its object. */
class Database {
  connection: Connection | undefined;
  limits: object | undefined;
  extensionLoading: boolean;

  constructor(readonly location: string | Uint8Array, readonly options: OpenOptions) {
    this.extensionLoading = options.allowExtension;
  }

  open(owner: object): void {
    if (this.connection !== undefined && !this.connection.closed) throw invalidState('database is already open');
    const made = ops.sqlite_open(this.location, this.options.readOnly, this.options.timeoutMs, localZone.name);
    if (typeof made !== 'number') throw sqliteError(made);
    const connection = new Connection(made);
    this.connection = connection;
    collected.register(owner, connection);
    ops.sqlite_config(made, Config.DoubleQuotesInStatements, this.options.doubleQuotes);
    ops.sqlite_config(made, Config.DoubleQuotesInSchema, this.options.doubleQuotes);
    ops.sqlite_config(made, Config.ForeignKeys, this.options.foreignKeys);
    ops.sqlite_config(made, Config.Defensive, this.options.defensive);
    for (const [limit, value] of this.options.limits) ops.sqlite_limit(made, limit, value);
  }

  get current(): Connection {
    return open(this.connection);
  }
}
const collected = new FinalizationRegistry<Connection>((connection) => connection.close());

function databaseOf(object: any): Database {
  return stateOf(object, Database);
}

/** The object of limits, whose members are read from and written to SQLite. */
function limitsOf(database: Database): object {
  if (database.limits !== undefined) return database.limits;
  database.current;
  const names = new Map(LIMITS.map((name, number) => [name, number]));
  const read = (number: number): number => ops.sqlite_limit(database.current.id, number, -1);
  database.limits = new Proxy({}, {
    get: (target, key) => (names.has(key as string) ? read(names.get(key as string)!) : Reflect.get(target, key)),
    has: (target, key) => names.has(key as string) || Reflect.has(target, key),
    set(target, key, value) {
      const number = names.get(key as string);
      if (number === undefined) return Reflect.set(target, key, value);
      const { id } = database.current;
      if (value !== Infinity && (typeof value !== 'number' || (value | 0) !== value)) {
        throw wrongType('Limit value must be a non-negative integer or Infinity.');
      }
      if (value < 0) throw outOfRange('Limit value must be non-negative.');
      ops.sqlite_limit(id, number, value === Infinity ? LIMIT_MAX : value);
      return true;
    },
    ownKeys: (target) => [...LIMITS, ...Reflect.ownKeys(target)],
    getOwnPropertyDescriptor: (target, key) => (names.has(key as string)
      ? { value: read(names.get(key as string)!), writable: true, enumerable: true, configurable: true }
      : Reflect.getOwnPropertyDescriptor(target, key)),
  });
  return database.limits;
}

function statementOptions(given: any, defaults: StatementOptions): StatementOptions {
  return {
    arrays: booleanOption(given, 'returnArrays', defaults.arrays),
    bigInts: booleanOption(given, 'readBigInts', defaults.bigInts),
    bareNames: booleanOption(given, 'allowBareNamedParameters', defaults.bareNames),
    unknownNames: booleanOption(given, 'allowUnknownNamedParameters', defaults.unknownNames),
  };
}

function functionFlags(options: any): number {
  return booleanOption(options, 'directOnly', false) ? DIRECT_ONLY : 0;
}

function sqlOf(sql: unknown): string {
  if (typeof sql !== 'string') throw wrongType('The "sql" argument must be a string.');
  return sql;
}

function nameOf(name: unknown, argument = 'name'): string {
  if (typeof name !== 'string') throw wrongType(`The "${argument}" argument must be a string.`);
  return name;
}

function functionOption(options: any, name: string): any {
  const value = options[name];
  if (value !== undefined && typeof value !== 'function') throw wrongType(`The "options.${name}" argument must be a function.`);
  return value;
}

export const DatabaseSync = nativeClass('DatabaseSync', function(args, called) {
  if (called) throw coded(TypeError as any, 'ERR_CONSTRUCT_CALL_REQUIRED', 'Cannot call constructor without `new`');
  const location = locationOf(args[0]);
  const database = new Database(location, openOptions(args));
  Object.defineProperty(this, state, { value: database });
  accessors(this, {
    isOpen() {
      const { connection } = databaseOf(this);
      return connection !== undefined && !connection.closed;
    },
    isTransaction() { return ops.sqlite_in_transaction(databaseOf(this).current.id); },
    limits() { return limitsOf(databaseOf(this)); },
  });
  this[Symbol.for('sqlite-type')] = 'node:sqlite';
  if (database.options.open) database.open(this);
}, {
  open(): void {
    databaseOf(this).open(this);
  },
  close(): void {
    databaseOf(this).current.close();
  },
  prepare(...[sql, given]: any[]): object {
    const database = databaseOf(this);
    const connection = database.current;
    const text = sqlOf(sql);
    const options = statementOptions(given === undefined ? {} : optionsOf(given), database.options.statements);
    ops.sqlite_give(text);
    const made = connection.run(() => ops.sqlite_prepare(connection.id));
    if (made < 0) throw connection.error();
    if (made === 0) throw wrongValue('The SQL query contains no statements.');
    const handle = new StatementHandle(connection, made);
    connection.statements.add(handle);
    return newStatement(handle, options, this);
  },
  exec(...[sql]: any[]): void {
    const connection = databaseOf(this).current;
    ops.sqlite_give(sqlOf(sql));
    connection.check(connection.run(() => ops.sqlite_exec(connection.id)));
  },
  function(...args: any[]): void {
    const connection = databaseOf(this).current;
    const name = nameOf(args[0]);
    const options = args.length > 2 ? optionsOf(args[1]) : {};
    const bigInts = booleanOption(options, 'useBigIntArguments', false);
    const varargs = booleanOption(options, 'varargs', false);
    const deterministic = booleanOption(options, 'deterministic', false);
    const flags = functionFlags(options) | (deterministic ? DETERMINISTIC : 0);
    const call = args.length > 2 ? args[2] : args[1];
    if (typeof call !== 'function') throw wrongType('The "function" argument must be a function.');
    const callback = connection.addCallback({ call, bigInts });
    connection.check(ops.sqlite_function(connection.id, name, varargs ? -1 : call.length, flags, callback));
  },
  createTagStore(...[size]: any[]): object {
    const database = databaseOf(this);
    database.current;
    return newTagStore(this, () => database.connection, size);
  },
  location(...[name]: any[]): string | null {
    const { id } = databaseOf(this).current;
    const place = ops.sqlite_location(id, name === undefined ? 'main' : nameOf(name, 'dbName'));
    return place === '' ? null : place;
  },
  aggregate(...[name, options]: any[]): void {
    const connection = databaseOf(this).current;
    const start = options.start;
    const step = options.step;
    if (start === undefined) throw wrongType('The "options.start" argument must be a function or a primitive value.');
    if (typeof step !== 'function') throw wrongType('The "options.step" argument must be a function.');
    const result = options.result;
    const bigInts = booleanOption(options, 'useBigIntArguments', false);
    const varargs = booleanOption(options, 'varargs', false);
    const flags = functionFlags(options);
    const inverse = functionOption(options, 'inverse');
    const count = varargs ? -1 : Math.max(step.length, inverse?.length ?? 0) - 1;
    const callback = connection.addCallback({
      start, step, inverse, result: typeof result === 'function' ? result : undefined, bigInts, groups: new Map(),
    });
    connection.check(ops.sqlite_aggregate(connection.id, String(name), count, flags, callback, inverse !== undefined));
  },
  createSession(...args: any[]): object {
    const connection = databaseOf(this).current;
    const options = args.length > 0 ? optionsOf(args[0]) : {};
    const table = stringOption(options, 'table', undefined);
    const made = ops.sqlite_session(connection.id, stringOption(options, 'db', 'main')!, table);
    if (made < 0) throw connection.error();
    return newSession(connection, made, this);
  },
  applyChangeset(...args: any[]): boolean {
    const connection = databaseOf(this).current;
    const [changeset] = args;
    if (!(changeset instanceof Uint8Array)) throw wrongType('The "changeset" argument must be a Uint8Array.');
    const options = args.length > 1 && args[1] !== undefined ? optionsOf(args[1]) : {};
    const onConflict = functionOption(options, 'onConflict');
    const filter = functionOption(options, 'filter');
    const callback = connection.addCallback({ filter, onConflict });
    ops.sqlite_give(changeset);
    try {
      const code = connection.run(() => ops.sqlite_apply(connection.id, callback, filter === undefined ? 0 : 1));
      if (code !== OK && code !== ABORT) throw codeError(code);
      return code === OK;
    } finally {
      connection.callbacks.delete(callback);
    }
  },
  enableLoadExtension(...[on]: any[]): void {
    const database = databaseOf(this);
    database.current;
    booleanArgument(on, 'allow');
    if (on && !database.options.allowExtension) {
      throw invalidState('Cannot enable extension loading because it was disabled at database creation.');
    }
    database.extensionLoading = on;
  },
  enableDefensive(...[on]: any[]): void {
    const connection = databaseOf(this).current;
    connection.check(ops.sqlite_config(connection.id, Config.Defensive, booleanArgument(on, 'active')));
  },
  loadExtension(...[path]: any[]): void {
    const database = databaseOf(this);
    database.current;
    if (!database.extensionLoading) throw invalidState('extension loading is not allowed');
    if (typeof path !== 'string') throw wrongType('The "path" argument must be a string.');
    throw coded(Error, 'ERR_LOAD_SQLITE_EXTENSION', `${path}: extensions are machine code, which a container does not run`);
  },
  serialize(...[name]: any[]): Uint8Array {
    const connection = databaseOf(this).current;
    ops.sqlite_give(name === undefined ? 'main' : nameOf(name, 'dbName'));
    const made = connection.run(() => ops.sqlite_serialize(connection.id));
    const bytes = ops.sqlite_take();
    if (made === 0) throw connection.error();
    return bytes;
  },
  deserialize(...args: any[]): void {
    const connection = databaseOf(this).current;
    const [buffer] = args;
    if (!(buffer instanceof Uint8Array)) throw wrongType('The "buffer" argument must be a Uint8Array.');
    if (buffer.length === 0) throw wrongValue('The "buffer" argument must not be empty.');
    const options = args.length > 1 ? optionsOf(args[1]) : {};
    const name = stringOption(options, 'dbName', 'main')!;
    connection.finalizeStatements();
    ops.sqlite_give(name);
    ops.sqlite_give(buffer);
    connection.check(connection.run(() => ops.sqlite_deserialize(connection.id)));
  },
  setAuthorizer(...[callback]: any[]): void {
    const connection = databaseOf(this).current;
    if (callback !== null && typeof callback !== 'function') throw wrongType('The "callback" argument must be a function or null.');
    ops.sqlite_authorizer(connection.id, callback === null ? 0 : connection.addCallback(callback));
  },
});
DatabaseSync.prototype[(Symbol as any).dispose] = [function(this: any): void {
  databaseOf(this).connection?.close();
}][0];

export const backup = makeBackup((object: any) => {
  const found = object?.[state];
  if (!(found instanceof Database)) throw wrongType('The "sourceDb" argument must be an object.');
  return found.connection;
});
