const util = require('util');
class Foo { constructor() { this.a = 1; } get b() { return 2; } static s = 1; [util.inspect.custom](depth, options) { return `custom<${options.stylize('x', 'string')}>`; } }
class Bar extends Map { #p = 1; }
console.log(new Foo(), [new Foo()], new Bar([[1, 2]]), Foo, class {}, class A extends Foo {});
console.log(Object.create(null), Object.create({ a: 1 }), [undefined, null, , 3], function named() {}, () => {}, async () => {}, function* gen() {});
console.log(util.inspect({ a: { b: { c: { d: 1 } } } }, { depth: 0 }), util.inspect('x'.repeat(5), { colors: true }));
console.log(util.inspect(new Proxy({ a: 1 }, {}), { showProxy: true }), util.inspect({ get a() { return 1; }, set b(v) {} }, { getters: true }));
console.log(util.inspect(new Map([[{ a: 1 }, new Set([1, [2]])]]), { compact: false }), util.inspect([1, 2, 3], { maxArrayLength: 1 }));
