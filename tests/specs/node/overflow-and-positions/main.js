// Where calls are in stacks, and what is left of endless ones.
const { spawnSync } = require('child_process');
const at = () => new Error('x').stack.split('\n')[2].replace(/^.*main\.js:/, '');
const o = { f: at };
const key = 'f';
class Private {
  #hidden() { return at(); }
  static #fixed() { return at(); }
  run() { return [this.#hidden(), Private.#fixed(), this.#hidden(1,
    2)]; }
}
function positions() {
  return [
    o[key](), o['f'](1), o.f(2), [at][0](), o
      [key](3), o?.[key](), new Private().run(),
  ];
}
console.log(positions());
const endless = spawnSync(process.execPath, ['-e', 'function recurse() { return 1 + recurse(); }\nrecurse();'], { encoding: 'utf8' });
console.log(endless.status, endless.stderr.split('\n').filter((line) => /RangeError|at recurse/.test(line)).map((line) => line.replace(/:\d+\)$/, ')')).slice(0, 3));
const cyclic = [1, 2]; cyclic.push(cyclic, [cyclic, 3]);
console.log(String(cyclic), cyclic.join('-'), cyclic.toLocaleString(), `${[[cyclic]]}`);
try { [{ toString() { throw new Error('inside'); } }].join(); } catch (error) { console.log(error.message, String([cyclic])); }
let proxy = {};
for (let i = 0; i < 100000; i += 1) proxy = new Proxy(proxy, {});
for (const use of [(p) => p.x, (p) => { p.x = 1; }, (p) => 'x' in p, (p) => delete p.x, (p) => Object.keys(p)]) {
  try { console.log(use(proxy)); } catch (error) { console.log(error.name, error.message); }
}
