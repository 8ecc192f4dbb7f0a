// Tag stores, sessions and changesets.
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

show('ts',()=>db.createTagStore(0));
show('ts1',()=>db.createTagStore('x'));
show('ts2',()=>db.createTagStore(1.5));
show('ts3',()=>db.createTagStore().capacity);
show('ts4',()=>db.createTagStore(5).size);
const g=db.createTagStore(3);
show('tg',()=>g.get('select 1'));
show('tg1',()=>g.get(['select 1 a']));
show('tg2',()=>g.get`select ${1} a, ${'x'} b`);
show('tg3',()=>g.get`select ${{}} a`);
show('tg4',()=>g.get());
show('tg5',()=>g.get(['select ',' a'],1,2));
show('tg6',()=>g.run`create table t(a)`);
show('tg7',()=>[...g.iterate`select 1 a union select 2`]);
show('tg8',()=>g.all`select 1 a union select ${5}`);
show('tg9',()=>{for(const i of [1,2,3,4,5])g.get([`select ${i}`]);return g.size});
show('tg10',()=>g.clear());
show('tg11',()=>g.get.call({}));
show('tg12',()=>Object.getOwnPropertyDescriptor(g,'size').get.call({}));
show('tg13',()=>{const e=new DatabaseSync(':memory:');const h=e.createTagStore();h.get`select 1`;e.close();return h.get`select 1`});
show('tg14',()=>{const e=new DatabaseSync(':memory:');e.close();return e.createTagStore()});
show('tgsyn',()=>g.get`selec`);
show('tgempty',()=>g.get``);
show('tgbool',()=>g.get`select ${true} a, typeof(${true}) b`);
show('ctor',()=>new g.constructor());
show('ctor2',()=>g.constructor());
show('bool',()=>db.prepare('select typeof(?) a').get(true));
show('boolt',()=>db.prepare('select typeof(?) a').get(3));
show('bigt',()=>db.prepare('select typeof(?) a').get(3n));
db.exec('create table a(x primary key,y); create table b(z primary key)');
show('ses',()=>db.createSession({table:3}));
show('ses1',()=>db.createSession(3));
show('ses2',()=>db.createSession({db:3}));
show('ses3',()=>db.createSession({db:'zz'}));
show('ses4',()=>db.createSession(undefined));
const x=db.createSession({table:'a'});db.exec("insert into a values(1,'q'); insert into b values(4)");
show('cs',()=>x.changeset());
show('ps',()=>x.patchset());
const cs=x.changeset();
show('ap',()=>{const e=new DatabaseSync(':memory:');e.exec('create table a(x primary key,y)');return [e.applyChangeset(cs),e.prepare('select * from a').all(),e.applyChangeset(cs),e.applyChangeset(cs,{onConflict:()=>0}),e.applyChangeset(cs,{onConflict:(k)=>{console.log('k',k);return sqlite.constants.SQLITE_CHANGESET_REPLACE}}),e.applyChangeset(cs,{filter:(n)=>{console.log(n);return false}})]});
const fresh=()=>{const e=new DatabaseSync(':memory:');e.exec('create table a(x primary key,y)');e.applyChangeset(cs);return e};
show('ap1',()=>fresh().applyChangeset(cs,{onConflict:()=>'x'}));
show('ap2',()=>fresh().applyChangeset(cs,{onConflict:()=>77}));
show('ap3',()=>fresh().applyChangeset(cs,{onConflict:()=>{throw new Error('ha')}}));
show('ap4',()=>fresh().applyChangeset(cs,{filter:()=>{throw new Error('ha')}}));
show('ap5',()=>fresh().applyChangeset(3));
show('ap6',()=>fresh().applyChangeset(cs,3));
show('ap7',()=>fresh().applyChangeset(cs,{filter:3}));
show('ap8',()=>fresh().applyChangeset(cs,{onConflict:3}));
show('ap9',()=>fresh().applyChangeset(new Uint8Array([1,2,3])));
show('ap10',()=>fresh().applyChangeset(new Uint8Array(0)));
show('ap11',()=>fresh().applyChangeset(cs,undefined));
show('ap12',()=>fresh().applyChangeset(Buffer.from(cs)));
show('sc',()=>[x.close()]);
show('sc1',()=>x.close());
show('sc2',()=>x.changeset());
show('sc3',()=>x[Symbol.dispose]());
show('sd',()=>{const e=new DatabaseSync(':memory:');const y=e.createSession();e.close();y.changeset()});
show('sd1',()=>{const e=new DatabaseSync(':memory:');const y=e.createSession();e.close();y.close()});
show('sd2',()=>{const e=new DatabaseSync(':memory:');const y=e.createSession();e.close();return y[Symbol.dispose]()});
