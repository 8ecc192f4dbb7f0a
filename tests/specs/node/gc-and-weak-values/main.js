// Node has no `gc` without its flag.
console.log(typeof gc);
const { spawnSync } = require('child_process');
const script = 'let o = {}; const r = new WeakRef(o); const f = new FinalizationRegistry((v) => console.log("finalized", v)); f.register(o, 5); o = null; setTimeout(() => { gc(); setTimeout(() => console.log(r.deref()), 5); }, 5)';
console.log(spawnSync(process.execPath, ['--expose-gc', '-e', script], { encoding: 'utf8' }).stdout);
