const ns = require('./lib.mjs');
console.log(ns.default, ns.named, ns.__esModule, Object.keys(ns));
console.log(require('./exported.mjs'));
try { require('./waits.mjs'); } catch (error) { console.log(error.code); }
