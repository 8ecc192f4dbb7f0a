const { inspect } = require('util');
class Foo { constructor() { this.x = 1; } get y() { return 2; } static z = 3; }
class Bar extends Foo {}
const circular = { name: 'c' }; circular.self = circular;
const values = [
  new Foo(), new Bar(), Foo, Bar, () => {}, function named() {}, async () => {}, function* gen() {}, async function* ag() {},
  [1, , 3], new Array(5), Object.create(null), Object.create({ constructor: undefined }), circular, [undefined, null, NaN, -0, 1n],
  new Date(0), /re/gi, new Error('msg').message, Promise.resolve(1), Promise.reject(2), new Promise(() => {}), new WeakMap(), new WeakSet(),
  new Proxy({ a: 1 }, {}), Symbol.iterator, Object(Symbol('boxed')), Object(1), Object('str'), Object(true), Object(1n),
  new Uint8Array([1, 2, 3]), new ArrayBuffer(4), new DataView(new ArrayBuffer(2)), Buffer.from('hi'), new Map([[{ k: 1 }, 'v']]).entries(),
  new Set([1, 2]).values(), [1, 2, 3][Symbol.iterator](), (function() { return arguments; })(1, 2), globalThis === global,
  'a\nb\'c', "it's", '\u0000\u001b', { 'key with space': 1, valid: 2, 3: 4, [Symbol('k')]: 5 }, [['nested', ['deep', ['deeper', ['deepest']]]]],
  { get a() { return 1; }, set a(v) {}, get b() { return 2; }, set c(v) {} }, 'x'.repeat(200), Array.from({ length: 120 }, (_, i) => i),
];
for (const value of values) { try { Promise.prototype.catch.call(value, () => {}); } catch {} console.log(inspect(value)); }
console.log(inspect({ a: { b: { c: { d: 1 } } } }, { depth: Infinity, compact: false }));
console.log(inspect({ b: 1, a: 2 }, { sorted: true }), inspect('x', { colors: true }), inspect(new Map([['a', 1]]), { showHidden: true }));
console.log(inspect({ [inspect.custom]: (depth, options) => `custom ${depth}` }), inspect(new (class extends Map {})([[1, 2]])));
