// The constructors that make an error are not among its frames, whatever its `constructor` says.
class A extends Error { constructor() { super('x'); } }
class B extends A { constructor() { super(); } }
class C extends Error { constructor() { super('x'); } get ['constructor']() { return Error; } }
function D() { return Reflect.construct(Error, ['d'], D); }
class E extends TypeError { code = 'k'; constructor(...args) { super(); Object.defineProperty(this, 'message', { value: args[0] }); } }
for (const Kind of [A, B, C, D, E]) {
  function maker() { return new Kind('m'); }
  console.log(maker().stack.split('\n').slice(0, 2).join('\n').replaceAll(__dirname, ''));
}
const first = (work) => {
  try { work(); } catch (error) { console.log(error.code, error.stack.split('\n').find((line) => line.startsWith('    at ')).replace(/:\d+:\d+\)$/, ')')); }
};
first(() => require('fs').readFile('x'));
first(() => require('module').createRequire(1));
first(() => require('fs').readFileSync('x', { encoding: 'zz' }));
first(() => Buffer.alloc('x'));
