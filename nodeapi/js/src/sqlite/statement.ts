// StatementSync and its iterators.

import type { Connection, StatementHandle } from './connection';
import {
  DONE, Kind, OK, ROW, accessors, booleanArgument, bytesOf, illegalConstructor, invalidState, isBuffer, nativeClass, outOfRange,
  state, stateOf, wrongType, wrongValue,
} from './native';

const { ops } = host;
/** Rows fetched at once where all are wanted. */
const ROWS_AT_ONCE = 256;

export interface StatementOptions { bigInts: boolean; arrays: boolean; bareNames: boolean; unknownNames: boolean }

/** A statement behind its object. */
export class Statement {
  #names: Array<string | null> | undefined;
  #bare: Map<string, number> | undefined;

  /** `database` stays, as long as a statement of it does. */
  constructor(readonly handle: StatementHandle, readonly options: StatementOptions, readonly database: object) {}

  get #connection(): Connection {
    return this.handle.connection;
  }

  check(): void {
    if (this.handle.finalized) throw invalidState('statement has been finalized');
  }

  reset(clearsBindings = false): void {
    this.handle.generation++;
    if (!this.handle.finalized) ops.sqlite_reset(this.handle.id, clearsBindings);
  }

  get #parameters(): Array<string | null> {
    return (this.#names ??= ops.sqlite_parameters(this.handle.id));
  }

  #bareNames(): Map<string, number> {
    if (this.#bare !== undefined) return this.#bare;
    const bare = new Map<string, number>();
    this.#parameters.forEach((name, index) => {
      if (name === null) return;
      const known = bare.get(name.slice(1));
      if (known !== undefined) {
        throw invalidState(`Cannot create bare named parameter '${name.slice(1)}' because of conflicting names '${this.#parameters[known - 1]}' and '${name}'.`);
      }
      bare.set(name.slice(1), index + 1);
    });
    return (this.#bare = bare);
  }

  bindValue(value: any, index: number): void {
    let code: number;
    if (typeof value === 'number') code = ops.sqlite_bind(this.handle.id, index, Kind.number, value);
    else if (typeof value === 'string') code = ops.sqlite_bind(this.handle.id, index, Kind.text, value);
    else if (value === null) code = ops.sqlite_bind(this.handle.id, index, Kind.null);
    else if (typeof value === 'boolean') code = ops.sqlite_bind(this.handle.id, index, Kind.bigint, value ? 1n : 0n);
    else if (ArrayBuffer.isView(value) || isBuffer(value)) code = ops.sqlite_bind(this.handle.id, index, Kind.bytes, bytesOf(value));
    else if (typeof value === 'bigint') {
      if (BigInt.asIntN(64, value) !== value) throw wrongValue('BigInt value is too large to bind.');
      code = ops.sqlite_bind(this.handle.id, index, Kind.bigint, value);
    } else throw wrongType(`Provided value cannot be bound to SQLite parameter ${index}.`);
    if (code !== OK) throw this.#connection.error();
  }

  /** Binds an object of names, if there is one, and the values after it. */
  bind(args: any[]): void {
    let next = 0;
    const [names] = args;
    if (typeof names === 'object' && names !== null && !ArrayBuffer.isView(names) && !isBuffer(names)) {
      const bare = this.options.bareNames ? this.#bareNames() : undefined;
      for (const key of Object.keys(names)) {
        const full = this.#parameters.indexOf(key) + 1;
        const index = full > 0 ? full : bare?.get(key);
        if (index !== undefined) this.bindValue(names[key], index);
        else if (!this.options.unknownNames) throw invalidState(`Unknown named parameter '${key}'`);
      }
      next = 1;
    }
    let index = 1;
    for (; next < args.length; next++) {
      // Numbered ones count as those without a name.
      while (!(this.#parameters[index - 1] ?? '?').startsWith('?')) index++;
      this.bindValue(args[next], index++);
    }
  }

  /** Up to `count` rows as one list of values, and whether more may follow. */
  step(count: number): [values: any[], more: boolean] {
    const { bigInts } = this.options;
    const code = this.#connection.run(() => ops.sqlite_step(this.handle.id, count, bigInts ? 1 : 0));
    const values = ops.sqlite_take();
    if (code !== ROW && code !== DONE) throw this.#connection.error();
    if (!bigInts) {
      for (const value of values) {
        if (typeof value === 'bigint') throw outOfRange(`Value is too large to be represented as a JavaScript number: ${value}`);
      }
    }
    return [values, code === ROW];
  }

  columnNames(): string[] {
    return ops.sqlite_column_names(this.handle.id);
  }

  row(values: any[], at: number, names: string[]): any {
    if (this.options.arrays) return values.slice(at, at + names.length);
    const row = Object.create(null);
    for (let column = 0; column < names.length; column++) row[names[column]!] = values[at + column];
    return row;
  }

  #execute<T>(bind: () => void, work: () => T): T {
    this.check();
    this.reset(true);
    bind();
    try {
      return work();
    } finally {
      this.reset();
    }
  }

  all(bind: () => void): any[] {
    return this.#execute(bind, () => {
      const rows: any[] = [];
      let names: string[] | undefined;
      for (let more = true; more;) {
        let values: any[];
        [values, more] = this.step(ROWS_AT_ONCE);
        // They may have changed with the tables, which the first step sees.
        names ??= this.columnNames();
        for (let at = 0; at < values.length; at += names.length) rows.push(this.row(values, at, names));
      }
      return rows;
    });
  }

  get(bind: () => void): any {
    return this.#execute(bind, () => {
      const [values, more] = this.step(1);
      return more && values.length > 0 ? this.row(values, 0, this.columnNames()) : undefined;
    });
  }

  run(bind: () => void): object {
    return this.#execute(bind, () => {
      this.step(1);
      // Changes of a statement that gives rows count when it ends.
      this.reset();
      const [changes, lastInsertRowid] = ops.sqlite_changes(this.#connection.id, this.options.bigInts);
      return { changes, lastInsertRowid };
    });
  }

  iterate(bind: () => void): object {
    this.check();
    this.reset(true);
    bind();
    return make(StatementSyncIterator, new Iteration(this));
  }
}

/** An object of a class that only this module makes. */
function make(Class: any, itsState: object): any {
  const object = Object.create(Class.prototype);
  Object.defineProperty(object, state, { value: itsState });
  return object;
}

class Iteration {
  done = false;
  readonly generation: number;
  constructor(readonly statement: Statement) {
    this.generation = statement.handle.generation;
  }
}

function result(done: boolean, value: unknown): object {
  const object = Object.create(null);
  object.done = done;
  object.value = value;
  return object;
}

const StatementSyncIterator = nativeClass('StatementSyncIterator', illegalConstructor, {
  next(): object {
    const iteration = stateOf(this, Iteration);
    const { statement } = iteration;
    statement.check();
    if (iteration.done) return result(true, null);
    if (iteration.generation !== statement.handle.generation) throw invalidState('iterator was invalidated');
    const [values, more] = statement.step(1);
    if (!more) {
      iteration.done = true;
      statement.reset();
      return result(true, null);
    }
    return result(false, statement.row(values, 0, statement.columnNames()));
  },
  return(): object {
    const iteration = stateOf(this, Iteration);
    iteration.statement.check();
    if (!iteration.done && iteration.generation === iteration.statement.handle.generation) iteration.statement.reset();
    iteration.done = true;
    return result(true, null);
  },
});
Object.setPrototypeOf(StatementSyncIterator.prototype, (host.global as any).Iterator.prototype);

export const StatementSync = nativeClass('StatementSync', illegalConstructor, {
  iterate(...args: any[]): object {
    const statement = stateOf(this, Statement);
    return statement.iterate(() => statement.bind(args));
  },
  all(...args: any[]): any[] {
    const statement = stateOf(this, Statement);
    return statement.all(() => statement.bind(args));
  },
  get(...args: any[]): any {
    const statement = stateOf(this, Statement);
    return statement.get(() => statement.bind(args));
  },
  run(...args: any[]): object {
    const statement = stateOf(this, Statement);
    return statement.run(() => statement.bind(args));
  },
  columns(): object[] {
    const statement = stateOf(this, Statement);
    statement.check();
    return ops.sqlite_columns(statement.handle.id).map(([column, database, name, table, type]) => (
      Object.assign(Object.create(null), { column, database, name, table, type })
    ));
  },
  setAllowBareNamedParameters(...[on]: any[]): void {
    const statement = stateOf(this, Statement);
    statement.check();
    statement.options.bareNames = booleanArgument(on, 'allowBareNamedParameters');
  },
  setAllowUnknownNamedParameters(...[on]: any[]): void {
    const statement = stateOf(this, Statement);
    statement.check();
    statement.options.unknownNames = booleanArgument(on, 'enabled');
  },
  setReadBigInts(...[on]: any[]): void {
    const statement = stateOf(this, Statement);
    statement.check();
    statement.options.bigInts = booleanArgument(on, 'readBigInts');
  },
  setReturnArrays(...[on]: any[]): void {
    const statement = stateOf(this, Statement);
    statement.check();
    statement.options.arrays = booleanArgument(on, 'returnArrays');
  },
});

const collected = new FinalizationRegistry<StatementHandle>((handle) => handle.finalize());

export function newStatement(handle: StatementHandle, options: StatementOptions, database: object): any {
  const object = make(StatementSync, new Statement(handle, options, database));
  accessors(object, {
    sourceSQL() {
      const statement = stateOf(this, Statement);
      statement.check();
      return ops.sqlite_sql(statement.handle.id, false);
    },
    expandedSQL() {
      const statement = stateOf(this, Statement);
      statement.check();
      const text = ops.sqlite_sql(statement.handle.id, true);
      if (text === null) throw Object.assign(new Error('Expanded SQL text would exceed configured limits'), { code: 'ERR_SQLITE_ERROR' });
      return text;
    },
  });
  collected.register(object, handle);
  return object;
}
