// SQLite, as src/node_sqlite.cc.

import { constant } from '../oracle';
import { DatabaseSync, backup } from '../sqlite/database';
import { Session } from '../sqlite/session';
import { StatementSync } from '../sqlite/statement';

export function create(): object {
  // A program built without it: what is left out here fails by name.
  if (host.ops.sqlite_open === undefined) return {};
  return { DatabaseSync, StatementSync, Session, constants: constant('sqlite', 'constants'), backup };
}
