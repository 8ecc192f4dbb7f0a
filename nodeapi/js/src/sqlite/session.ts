// Session: what changed in a database since it was made.

import { type Closable, type Connection, open } from './connection';
import { codeError, illegalConstructor, invalidState, nativeClass, state, stateOf } from './native';

const { ops } = host;

class SessionState implements Closable {
  #id: number;
  constructor(readonly connection: Connection, id: number, readonly database: object) {
    this.#id = id;
    connection.dependents.add(this);
  }

  get isOpen(): boolean { return this.#id !== 0; }

  abandon(): void {
    const id = this.#id;
    if (id === 0) return;
    this.#id = 0;
    this.connection.dependents.delete(this);
    this.connection.afterRun(() => ops.sqlite_session_delete(id));
  }

  changes(patchset: boolean): Uint8Array {
    this.check();
    const code = this.connection.run(() => ops.sqlite_changeset(this.#id, patchset ? 1 : 0));
    const bytes = ops.sqlite_take();
    if (code !== 0) throw codeError(code);
    return bytes;
  }

  check(): void {
    open(this.connection);
    if (!this.isOpen) throw invalidState('session is not open');
  }
}

export const Session = nativeClass('Session', illegalConstructor, {
  changeset(): Uint8Array { return stateOf(this, SessionState).changes(false); },
  patchset(): Uint8Array { return stateOf(this, SessionState).changes(true); },
  close(): void {
    const session = stateOf(this, SessionState);
    session.check();
    session.abandon();
  },
});
Session.prototype[(Symbol as any).dispose] = [function(this: any): void {
  stateOf(this, SessionState).abandon();
}][0];

const collected = new FinalizationRegistry<SessionState>((session) => session.abandon());

export function newSession(connection: Connection, id: number, database: object): object {
  const object = Object.create(Session.prototype);
  const itsState = new SessionState(connection, id, database);
  Object.defineProperty(object, state, { value: itsState });
  // What is registered must not hold the object itself, and does not.
  collected.register(object, itsState);
  return object;
}
