// Databases in files: opening, locks, the write-ahead log, modules of SQLite, backups.
'use strict';
const sqlite = require('node:sqlite');
const { DatabaseSync } = sqlite;
const db = new DatabaseSync(':memory:');

function show(name, run) {
  try {
    console.log(name, run());
  } catch (error) {
    console.log(name, error?.name, error?.code, error?.message, error?.errcode, error?.errstr);
  }
}

const dir = require('node:fs').mkdtempSync('/tmp/sqlite-');
db.exec("create table a(x primary key, y); create table b(z primary key); insert into a values (1, 'q'); insert into b values (4)");
show('loc',()=>{const e=new DatabaseSync(dir + '/q.db');return e.location().slice(dir.length)});
show('dir',()=>new DatabaseSync('/tmp'));
show('nodir',()=>new DatabaseSync('/nope/x.db'));
show('nul',()=>new DatabaseSync('a\0b'));
show('url',()=>new DatabaseSync(new URL('http://x/')));
show('url2',()=>new DatabaseSync(new URL('file://' + dir + '/q.db?mode=ro')).location().slice(dir.length));
show('buf',()=>new DatabaseSync(Buffer.from(dir + '/q.db')).location().slice(dir.length));
show('obj',()=>new DatabaseSync({href:'file://' + dir + '/q.db'}));
show('ro',()=>new DatabaseSync(dir + '/q.db',{readOnly:true}).exec('create table q(a)'));
show('notdb',()=>{require('fs').writeFileSync(dir + '/n.db','hello world this is no database');return new DatabaseSync(dir + '/n.db').exec('create table q(a)')});
show('timeout',()=>new DatabaseSync(':memory:',{timeout:1.5}));
show('opt',()=>new DatabaseSync(':memory:',{readOnly:1}));
show('optopen',()=>new DatabaseSync(':memory:',{open:null}));
show('def',()=>new DatabaseSync(':memory:',{defensive:3}));
show('defe',()=>db.enableDefensive(3));
show('defe2',()=>db.enableDefensive(true));
show('constraint',()=>db.exec('insert into a values(1,2)'));
show('setr',()=>db.prepare('select 1').setReadBigInts(3));
show('seta',()=>db.prepare('select 1').setReturnArrays());
show('setb',()=>db.prepare('select 1').setAllowBareNamedParameters('x'));
show('setu',()=>db.prepare('select 1').setAllowUnknownNamedParameters('x'));
show('bare',()=>{const q=db.prepare('select $a a');q.setAllowBareNamedParameters(false);return q.get({a:1})});
show('bare2',()=>db.prepare('select $a, :a').get({a:1}));
show('unk',()=>{const q=db.prepare('select $a a');q.setAllowUnknownNamedParameters(true);return q.get({a:1,zz:3})});
show('mix',()=>db.prepare('select ?, $a, ?, $b').get({a:1,b:2},3,4));
show('q1',()=>db.prepare('select ?2 a, ?1 b').get(3,4));
show('arrs',()=>{const q=db.prepare('select 1 a,2 a',{returnArrays:true});return [q.get(),q.all(),[...q.iterate()]]});
show('arrsdb',()=>{const e=new DatabaseSync(':memory:',{returnArrays:true,readBigInts:true});return e.prepare('select 1').all()});
show('inspect',()=>[x,db.prepare('select 1').iterate(),g]);
show('insertret',()=>db.prepare('insert into b values(9),(10) returning z').all());
show('runret',()=>db.prepare('insert into b values(11),(12) returning z').run());
show('cnt',()=>db.prepare('select count(*) c from b').get());
show('this',()=>db.prepare.call({}));
show('this2',()=>db.prepare('select 1').get.call({}));
show('backupsync',()=>sqlite.backup(3));
show('busy',()=>{const a=new DatabaseSync(dir + '/q.db');a.exec('create table if not exists z(a);begin immediate');const b=new DatabaseSync(dir + '/q.db');try{b.exec('insert into z values(1)')}finally{a.exec('commit');a.close();b.close()}});
show('wal',()=>{const a=new DatabaseSync(dir + '/w.db');const b=new DatabaseSync(dir + '/w.db');const r=[a.prepare('pragma journal_mode=wal').get()];a.exec('create table if not exists z(a);delete from z');const st=b.prepare('select count(*) c from z');for(let i=0;i<50;i++){a.exec(`insert into z values(${i})`);if(i%10==0)r.push(st.get().c)}b.exec('insert into z values(99)');r.push(a.prepare('select count(*) c from z').get().c,a.prepare('pragma wal_checkpoint(truncate)').get());b.close();a.close();r.push(require('fs').readdirSync(dir).filter((name) => name.startsWith('w')));return r});
show('local',()=>db.prepare("select datetime(1700000000,'unixepoch','localtime') a, datetime('2024-07-01 12:00','utc') b").get());
show('fts',()=>{db.exec("create virtual table f5 using fts5(a,b);insert into f5 values('hello world','foo'),('bar baz','hello')");return db.prepare("select rowid, bm25(f5)<0 r, snippet(f5,0,'[',']','…',3) s from f5 where f5 match 'hello' order by rowid").all()});
show('rtree',()=>{db.exec("create virtual table rt using rtree(id,a,b);insert into rt values(1,2,3)");return db.prepare("select * from rt where a>1").all()});
show('json',()=>db.prepare(`select json_extract('{"a":[1,2]}','$.a[1]') a, json_group_array(z) b from b`).get());
show('math',()=>db.prepare('select sqrt(2) a, percentile(z,50) p from b').get());
show('cte',()=>db.prepare('with recursive c(n) as (select 1 union all select n+1 from c where n<1000) select sum(n) s from c').get());
(async()=>{for(const [n,f] of Object.entries({b1:()=>sqlite.backup(db,dir + '/b.db',{rate:1,progress:(p)=>console.log(p)}),b2:()=>sqlite.backup(db,'/nope/b.db'),b3:()=>sqlite.backup(db,dir + '/b.db',{source:'zz'}),b4:()=>sqlite.backup(db,dir + '/b.db',{rate:0}),b5:()=>sqlite.backup(db,dir + '/b.db',{rate:-1}),b6:()=>sqlite.backup(db,dir + '/b.db',{target:'zz'})}))try{console.log(n, await f())}catch(e){console.log(n,e.name,e.code,e.message,e.errcode,e.errstr)}})();

