// Functions, aggregates and authorizers written in JavaScript; databases as bytes.
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

db.exec("create table a(x, y); insert into a values (1, 'b'), (1, 2)");
show('fn1',()=>{db.function('f',()=>Symbol());return db.prepare('select f()').get()});
show('fn2',()=>{db.function('f',async()=>1);return db.prepare('select f()').get()});
show('fn3',()=>{db.function('f',()=>2n**64n);return db.prepare('select f()').get()});
show('fn4',()=>{db.function('f',()=>true);return db.prepare('select f() a').get()});
show('fn5',()=>{db.function('f',()=>{throw 5});return db.prepare('select f()').get()});
show('fnname',()=>db.function('x'.repeat(300),()=>1));
show('fnexec',()=>{db.function('f',()=>{throw new Error('boo')});return db.exec('select f()')});
show('fnrun',()=>{return db.prepare('insert into a values(f(),1)').run()});
show('fnall',()=>db.prepare('select f() from a').all());
show('fniter',()=>db.prepare('select f() from a').iterate().next());
show('agg',()=>{db.aggregate('g',{start:0,step:(a,b)=>a+b,result:a=>a*2});return [db.prepare('select g(x) s from a').get(),db.prepare('select g(x) s from a where 0').get()]});
show('agg2',()=>{db.aggregate('h',{start:()=>[],step:(a,b)=>{a.push(b);return a},result:a=>JSON.stringify(a)});return db.prepare('select x, h(y) s from a group by x').all()});
show('agg3',()=>{db.aggregate('k',{start:0,step:(a,b)=>{},});return db.prepare('select k(x) s from a').all()});
show('agg4',()=>{db.aggregate('k',{start:null,step:(a,b)=>a});});
show('agg5',()=>{db.aggregate('k',{start:0,step:(a,b)=>a,result:3});return db.prepare('select k(x) s from a').all()});
show('agg6',()=>{db.aggregate('k',{start:0,step:(a,b)=>Promise.resolve(1)});return db.prepare('select k(x) s from a').all()});
show('agg7',()=>{db.aggregate('k',{start:Symbol('z'),step:(a,b)=>1});return db.prepare('select k(x) s from a').all()});
show('agg8',()=>{db.aggregate('k',{start:{},step:(a,b)=>1});});
show('agg9',()=>{db.aggregate('k',{start:0,step:(a,b)=>1,inverse:3});});
show('agg12',()=>db.aggregate('k',3));
show('auth',()=>{db.setAuthorizer(()=>1);return db.prepare('select 1')});
show('auth2',()=>{db.setAuthorizer(()=>'x');return db.prepare('select 1')});
show('auth3',()=>{db.setAuthorizer(()=>7);return db.prepare('select 1')});
show('auth4',()=>{db.setAuthorizer(()=>{throw new Error('az')});return db.prepare('select 1')});
show('auth5',()=>{const r=[];db.setAuthorizer((...a)=>(r.push(a),0));db.prepare('select x from a');return JSON.stringify(r)});
show('auth6',()=>db.setAuthorizer(3));
show('auth7',()=>db.setAuthorizer(null));
show('auth8',()=>db.setAuthorizer());
show('ser',()=>{const b=db.serialize();const e=new DatabaseSync(':memory:');const r=e.deserialize(b);return [b.constructor.name,b.length,r,e.prepare('select count(*) c from a').get()]});
show('ser2',()=>db.serialize(3));
show('ser3',()=>db.serialize('zz'));
show('ser4',()=>db.deserialize(3));
show('ser5',()=>db.deserialize(new Uint8Array(0)));
show('ser6',()=>db.deserialize(new Uint8Array(10)));
show('ser7',()=>db.deserialize(new Uint8Array(10),3));
show('ser8',()=>db.deserialize(new Uint8Array(10),{dbName:3}));
show('ser9',()=>new DatabaseSync(':memory:').serialize());
show('ser10',()=>{const e=new DatabaseSync(':memory:');e.exec('create table q(a)');const st=e.prepare('select * from q');e.deserialize(db.serialize());return st.get()});
show('ser11',()=>{const e=new DatabaseSync(':memory:');e.deserialize(new Uint8Array(10));e.exec('create table q(a)')});
show('ser12',()=>db.deserialize(new Uint8Array(10),{dbName:'zz'}));

