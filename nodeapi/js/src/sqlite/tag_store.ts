// SQLTagStore: statements by the text of template literals, the least recently used given up first.

import { type Connection, open } from './connection';
import { accessors, illegalConstructor, nativeClass, outOfRange, state, stateOf, wrongType } from './native';
import { Statement } from './statement';

class TagStore {
  readonly statements = new Map<string, any>();
  constructor(readonly database: any, readonly connectionOf: () => Connection | undefined, readonly capacity: number) {}

  /** The statement of a literal. */
  prepare(strings: unknown, values: number): Statement {
    open(this.connectionOf());
    if (!Array.isArray(strings)) throw wrongType('First argument must be an array of strings (template literal).');
    if (!strings.every((part) => typeof part === 'string')) throw wrongType('Template literal parts must be strings.');
    const sql = strings.map((part, index) => (index < values ? `${part}?` : part)).join('');
    let statement = this.statements.get(sql);
    this.statements.delete(sql);
    if (statement === undefined || (statement[state] as Statement).handle.finalized) statement = this.database.prepare(sql);
    this.statements.set(sql, statement);
    if (this.statements.size > this.capacity) this.statements.delete(this.statements.keys().next().value!);
    return statement[state];
  }
}

function tagged(run: (statement: Statement, bind: () => void) => any): (this: any, ...args: any[]) => any {
  return function(this: any, ...[strings, ...values]: any[]): any {
    const statement = stateOf(this, TagStore).prepare(strings, values.length);
    return run(statement, () => values.forEach((value, index) => statement.bindValue(value, index + 1)));
  };
}

const named = (name: string, method: any): any => Object.defineProperty(method, 'name', { value: name });

const SQLTagStore = nativeClass('SQLTagStore', illegalConstructor, {
  get: named('get', tagged((statement, bind) => statement.get(bind))),
  all: named('all', tagged((statement, bind) => statement.all(bind))),
  iterate: named('iterate', tagged((statement, bind) => statement.iterate(bind))),
  run: named('run', tagged((statement, bind) => statement.run(bind))),
  clear(): void {
    stateOf(this, TagStore).statements.clear();
  },
});

/** A store of `database`, for so many statements. */
export function newTagStore(database: any, connectionOf: () => Connection | undefined, size: unknown): object {
  const message = 'The "maxSize" argument must be a positive integer.';
  if (size !== undefined && typeof size !== 'number') throw wrongType(message);
  const capacity = size === undefined ? 1000 : size as number;
  if ((capacity | 0) !== capacity || capacity <= 0) throw outOfRange(message);
  const object = Object.create(SQLTagStore.prototype);
  Object.defineProperty(object, state, { value: new TagStore(database, connectionOf, capacity) });
  accessors(object, {
    capacity() { return stateOf(this, TagStore).capacity; },
    db() { return stateOf(this, TagStore).database; },
    size() { return stateOf(this, TagStore).statements.size; },
  });
  return object;
}
