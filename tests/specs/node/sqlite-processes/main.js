// Several processes and threads on one database: locks, waiting, and the write-ahead log between them.
'use strict';
const { DatabaseSync } = require('node:sqlite');
const { fork } = require('node:child_process');
const { Worker, isMainThread, workerData } = require('node:worker_threads');
const { mkdtempSync } = require('node:fs');
const { once } = require('node:events');

function add(file, name, count) {
  const db = new DatabaseSync(file, { timeout: 60_000 });
  const insert = db.prepare('insert into log values (?, ?)');
  for (let number = 0; number < count; number++) {
    db.exec('begin immediate');
    insert.run(name, number);
    db.prepare('update total set n = n + 1').run();
    db.exec('commit');
  }
  db.close();
}

async function main() {
  for (const mode of ['delete', 'wal']) {
    const file = `${mkdtempSync('/tmp/sqlite-')}/${mode}.db`;
    const db = new DatabaseSync(file);
    console.log(db.prepare(`pragma journal_mode = ${mode}`).get());
    db.exec('create table log (name text, number integer); create table total (n integer); insert into total values (0)');
    const children = ['one', 'two', 'three'].map((name) => fork(__filename, [file, name]));
    const worker = new Worker(__filename, { workerData: file });
    const codes = await Promise.all([...children.map((child) => once(child, 'exit')), once(worker, 'exit')]);
    console.log(codes.map(([code]) => code));
    console.log(db.prepare('select name, count(*) as count, sum(number) as sum from log group by name order by name').all());
    console.log(db.prepare('select n from total').get(), db.prepare('pragma integrity_check').get());

    // One who writes is in the way of others who want to, not of those who read.
    const holder = fork(__filename, [file, 'hold']);
    await once(holder, 'message');
    console.log(db.prepare('select n from total').get());
    try {
      db.exec('update total set n = 0');
    } catch (error) {
      console.log(error.code, error.errcode, error.message);
    }
    holder.send('enough');
    await once(holder, 'exit');
    db.exec('update total set n = 1');
    console.log(db.prepare('select n from total').get());
    db.close();
  }
}

const [, , file, name] = process.argv;
if (!isMainThread) add(workerData, 'thread', 10);
else if (name === 'hold') {
  const db = new DatabaseSync(file);
  db.exec('begin immediate; update total set n = -1');
  process.send('held');
  process.once('message', () => {
    db.exec('rollback');
    db.close();
    process.disconnect();
  });
} else if (name !== undefined) add(file, name, 10);
else main();
