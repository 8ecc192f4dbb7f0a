// The global object of a context shows its object, live in both directions.
'use strict';
const vm = require('node:vm');

const shown = (run) => {
  try {
    console.log(run());
  } catch (error) {
    console.log(error.name, error.message);
  }
};
const object = { a: 1, log: (...words) => console.log(...words), get b() { return this === object; } };
const context = vm.createContext(object);
const run = (text) => vm.runInContext(text, context, { displayErrors: false });

shown(() => run('a += 1; var c = 3; function d() { return c; } let e = 5; Array = 7; d()'));
shown(() => Object.keys(object).sort().join());
shown(() => run('[a, b, typeof Map, typeof none, e, this === globalThis, Array].join()'));
shown(() => run('none'));
shown(() => run('"use strict"; none = 1'));
shown(() => run('implied = 1; implied'));
shown(() => { object.late = 'seen at once'; return run('late'); });
shown(() => { object.self = object; return run('self === globalThis'); });
shown(() => run('Object.defineProperty(this, "f", { get: () => 6, configurable: true }); f') + object.f);
shown(() => run('delete f') + ('f' in object));
shown(() => run('delete c; c'));
shown(() => { delete object.c; return run('c'); });
shown(() => run('Object.getOwnPropertyNames(globalThis).filter((name) => ["a", "Map", "late"].includes(name)).sort().join()'));
shown(() => run('new Promise(() => {}) instanceof Promise'));
shown(() => vm.compileFunction('return a + other', ['other'], { parsingContext: context })(40));
shown(() => vm.runInContext('1 + x.y', vm.createContext(Object.freeze({ x: { y: 1 } }))));
shown(() => vm.runInContext('frozen = 2; frozen', vm.createContext(Object.freeze({}))));
const bare = vm.createContext(vm.constants.DONT_CONTEXTIFY);
shown(() => { vm.runInContext('var kept = 1; left = 2', bare); return bare.kept + bare.left; });
try {
  vm.runInContext('\n  missing();', context, 'inner.js');
} catch (error) {
  console.log(error.stack.split('\n').slice(0, 6).join('\n'));
}
console.log(run('(() => { const o = {}; Error.captureStackTrace(o); return typeof o.stack; })()'));
