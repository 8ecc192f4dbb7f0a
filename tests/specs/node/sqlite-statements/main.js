// Statements: parameters, values, rows, errors, limits.
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

show('call',()=>DatabaseSync(':memory:'));
show('ill',()=>new sqlite.StatementSync());
show('ill2',()=>new sqlite.Session());
show('illcall',()=>sqlite.StatementSync());
show('path',()=>new DatabaseSync());
show('opts',()=>new DatabaseSync(':memory:',null));
show('undef',()=>new DatabaseSync(':memory:',undefined));
show('lim1',()=>new DatabaseSync(':memory:',{limits:{length:-1}}));
show('lim2',()=>new DatabaseSync(':memory:',{limits:{length:1.5}}));
show('lim3',()=>new DatabaseSync(':memory:',{limits:4}));
show('lim4',()=>new DatabaseSync(':memory:',{limits:{bogus:4}}).limits.length);
show('setlim',()=>{db.limits.column=-1});
show('setlim2',()=>{db.limits.column='x'});
show('setlim3',()=>{db.limits.column=Infinity;return db.limits.column});
show('setlim4',()=>{db.limits.column=50;return db.limits.column});
show('setlim5',()=>{db.limits.column=1.5;return db.limits.column});
show('same',()=>db.limits===db.limits);
show('prep',()=>db.prepare(''));
show('prep2',()=>db.prepare('  -- c'));
show('prep3',()=>db.prepare('selec'));
show('prep4',()=>db.prepare());
show('prepo',()=>db.prepare('select 1',3));
show('exec',()=>db.exec('create table a(x,y)'));
show('run',()=>db.prepare('insert into a values(?,?)').run(1,'b'));
show('bad',()=>db.prepare('select ?').get(Symbol()));
show('bad2',()=>db.prepare('select ?').get(undefined));
show('bad3',()=>db.prepare('select ?').get(2n**70n));
show('bad4',()=>db.prepare('select ?').get(1,2));
show('bad5',()=>db.prepare('select $a').get({b:1}));
show('bad6',()=>db.prepare('select $a as q').get({a:true}));
show('arr',()=>db.prepare('select ? a, ? b').get([1,2]));
show('null',()=>db.prepare('select ? a').get(null));
show('dv',()=>db.prepare('select ? a').get(new DataView(new ArrayBuffer(2))));
show('i16',()=>db.prepare('select ? a').get(new Int16Array([1])));
show('ab',()=>db.prepare('select ? a').get(new ArrayBuffer(2)));
show('date',()=>db.prepare('select ? a').get(new Date()));
show('big',()=>db.prepare('select 9007199254740993').get());
show('dup',()=>db.prepare('select 1 a, 2 a').get());
show('proto',()=>db.prepare('select 1 as __proto__').get());
show('nan',()=>db.prepare('select ? a, ? b, ? c').get(NaN,Infinity,-0));
show('blobempty',()=>db.prepare("select x'' a, zeroblob(2) b, 'a'||char(0)||'b' c").get());
show('runbig',()=>{const q=db.prepare('insert into a values(1,2)');q.setReadBigInts(true);return q.run()});
show('columns',()=>db.prepare('select x, y as z, 1 from a').columns());
show('expanded',()=>{const q=db.prepare('select ?, $b');q.get({b:'x'},3);return q.expandedSQL+q.sourceSQL});
show('iter',()=>{const q=db.prepare('select 1 a union select 2');const i=q.iterate();const r=[i.next(),i.next(),i.next(),i.next(),i.return()];return JSON.stringify(r)+Object.getPrototypeOf(r[0])});
show('inval',()=>{const q=db.prepare('select 1 a union select 2');const i=q.iterate();i.next();q.get();return i.next()});
show('inval2',()=>{const q=db.prepare('select 1 a union select 2');const i=q.iterate();const j=q.iterate();i.next();});
show('ret',()=>{const q=db.prepare('select 1 a union select 2');const i=q.iterate();i.next();const r=i.return();return [r,i.next()]});
show('fin',()=>{const b=new DatabaseSync(':memory:');const q=b.prepare('select 1');b.close();q.get()});
show('fin2',()=>{const b=new DatabaseSync(':memory:');const q=b.prepare('select 1');b.close();return q.sourceSQL});
show('fin3',()=>{const b=new DatabaseSync(':memory:');const q=b.prepare('select 1');const i=q.iterate();b.close();return i.next()});
show('close2',()=>{const b=new DatabaseSync(':memory:');b.close();b.close()});
show('disp2',()=>{const b=new DatabaseSync(':memory:');b.close();b[Symbol.dispose]()});
show('isopen',()=>{const b=new DatabaseSync(':memory:',{open:false});return [b.isOpen,b.open(),b.isOpen]});
show('istr',()=>{const b=new DatabaseSync(':memory:',{open:false});return b.isTransaction});
show('limclosed',()=>{const b=new DatabaseSync(':memory:',{open:false});return b.limits.length});
show('loc',()=>db.location());
show('loc2',()=>db.location('x'));
show('loc3',()=>db.location(3));
show('ext',()=>db.loadExtension('/x'));
show('ext3',()=>db.enableLoadExtension(true));
show('ext4',()=>{const b=new DatabaseSync(':memory:',{allowExtension:true});b.enableLoadExtension(false);b.loadExtension('/x')});
show('ext5',()=>new DatabaseSync(':memory:',{allowExtension:true}).loadExtension(3));
