// backup(): a database copied into a file, between turns of the event loop.

import { AsyncWrap, callIn } from '../async_wrap';
import { enqueueWork } from '../loop';
import { type Closable, type Connection, open } from './connection';
import { ABORT, BUSY, DONE, LOCKED, OK, codeError, locationOf, optionsOf, outOfRange, sqliteError, stringOption, wrongType } from './native';

const { ops } = host;
const PAGES_AT_ONCE = 100;

interface Options { rate: number; source: string; target: string; progress: ((state: object) => void) | undefined }

class BackupJob extends AsyncWrap implements Closable {
  #id = 0;

  constructor(
    readonly connection: Connection, readonly options: Options,
    readonly resolve: (pages: number) => void, readonly reject: (error: unknown) => void,
  ) {
    super('FSREQPROMISE');
    connection.dependents.add(this);
  }

  start(path: string | Uint8Array): void {
    for (const given of [this.options.source, path, this.options.target]) ops.sqlite_give(given);
    this.#id = this.connection.run(() => ops.sqlite_backup_start(this.connection.id));
    if (this.#id === 0) this.#fail(sqliteError(ops.sqlite_take()));
    else this.#schedule();
  }

  #schedule(): void {
    enqueueWork(() => callIn(this, () => this.#step()));
  }

  #step(): void {
    if (this.#id === 0) return;
    const code = this.connection.run(() => ops.sqlite_backup_step(this.#id, this.options.rate));
    const [remainingPages, totalPages] = ops.sqlite_take();
    if (code === DONE) {
      const failed = this.#finish();
      if (failed !== undefined && failed[1] !== 0) this.#fail(sqliteError(failed));
      else this.resolve(totalPages);
    } else if (code !== OK && code !== BUSY && code !== LOCKED) this.#fail(codeError(code));
    else {
      try {
        if (remainingPages !== 0) this.options.progress?.({ totalPages, remainingPages });
        this.#schedule();
      } catch (error) {
        this.#fail(error);
      }
    }
  }

  #finish(): ReturnType<Ops['sqlite_backup_finish']> {
    this.connection.dependents.delete(this);
    const id = this.#id;
    this.#id = 0;
    return id === 0 ? undefined : ops.sqlite_backup_finish(id);
  }

  #fail(error: unknown): void {
    const failed = this.#finish();
    // The destination says more than the code does.
    this.reject(failed !== undefined && failed[1] !== 0 && (error as any)?.code === 'ERR_SQLITE_ERROR' ? sqliteError(failed) : error);
  }

  abandon(): void {
    if (this.#id !== 0) this.#fail(codeError(ABORT));
  }
}

function optionsFor(given: unknown): Options {
  const options: Options = { rate: PAGES_AT_ONCE, source: 'main', target: 'main', progress: undefined };
  if (given === undefined) return options;
  const from = optionsOf(given);
  if (from.rate !== undefined) {
    if (typeof from.rate !== 'number' || (from.rate | 0) !== from.rate) throw wrongType('The "options.rate" argument must be an integer.');
    if (from.rate <= 0) throw outOfRange('The "options.rate" argument must be a positive integer.');
    options.rate = from.rate;
  }
  options.source = stringOption(from, 'source', 'main')!;
  options.target = stringOption(from, 'target', 'main')!;
  if (from.progress !== undefined) {
    if (typeof from.progress !== 'function') throw wrongType('The "options.progress" argument must be a function.');
    options.progress = from.progress;
  }
  return options;
}

export function makeBackup(connectionOf: (database: unknown) => Connection | undefined): (sourceDb: unknown, path: unknown) => Promise<number> {
  const backup = function(...[sourceDb, path, given]: any[]): Promise<number> {
    if (typeof sourceDb !== 'object' || sourceDb === null) throw wrongType('The "sourceDb" argument must be an object.');
    const connection = open(connectionOf(sourceDb));
    const place = locationOf(path);
    const options = optionsFor(given);
    return new Promise((resolve, reject) => new BackupJob(connection, options, resolve, reject).start(place));
  };
  Object.defineProperty(backup, 'length', { value: 2, configurable: true });
  return backup as any;
}
