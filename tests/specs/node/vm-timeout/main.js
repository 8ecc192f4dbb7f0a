// Scripts that never end are ended, wherever they are, and what they caught is not theirs.
'use strict';
const vm = require('node:vm');

const ended = (name, run) => {
  try {
    console.log(name, run());
  } catch (error) {
    console.log(name, error.name, error.code, error.message);
  }
};
ended('loop', () => vm.runInNewContext('for (;;);', {}, { timeout: 30 }));
ended('caught', () => vm.runInNewContext('for (;;) { try { for (;;); } catch {} finally { } }', {}, { timeout: 30 }));
ended('recursion', () => vm.runInNewContext('const f = (n) => n > 100 ? f(0) : f(n + 1); for (;;) try { f(0); } catch {}', {}, { timeout: 30 }));
ended('this context', () => vm.runInThisContext('while (true) {}', { timeout: 30 }));
ended('in time', () => vm.runInNewContext('let sum = 0; for (let i = 0; i < 1000; i += 1) sum += i; sum', {}, { timeout: 60_000 }));
ended('own error', () => vm.runInNewContext('throw new RangeError("mine")', {}, { timeout: 60_000 }));
ended('nested', () => vm.runInNewContext('inner()', {
  inner() {
    try {
      return vm.runInNewContext('for (;;);', {}, { timeout: 30 });
    } catch (error) {
      return `inside: ${error.code}`;
    }
  },
}, { timeout: 60_000 }));
ended('afterwards', () => vm.runInNewContext('"still here"'));
const script = new vm.Script('1 + 1');
const cachedData = script.createCachedData();
console.log(cachedData.length > 0, new vm.Script('1 + 1', { cachedData }).cachedDataRejected, new vm.Script('1 + 22', { cachedData }).cachedDataRejected);
