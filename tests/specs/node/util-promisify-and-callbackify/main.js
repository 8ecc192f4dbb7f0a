const util = require('util');
const plus = (a, b, done) => setImmediate(() => (a < 0 ? done(new RangeError('negative')) : done(null, a + b)));
(async () => {
  console.log(await util.promisify(plus)(1, 2));
  await util.promisify(plus)(-1, 2).catch((error) => console.log(error.name));
  util.callbackify(async (x) => x * 2)(4, (error, value) => console.log(error, value));
  util.callbackify(async () => { throw null; })((error) => console.log(error.code, error.message));
  console.log(util.types.isProxy(new Proxy({}, {})), util.isDeepStrictEqual({ a: [1, new Set([1])] }, { a: [1, new Set([1])] }));
  console.log(util.format('%s %d %i %f %j %o %O %%', 'a', 1.5, 1.5, '1.5', { a: 1 }, [1], { b: 2 }, 'extra'));
  console.log(util.styleText('red', 'x') === '\u001b[31mx\u001b[39m', util.stripVTControlCharacters('\u001b[31mx'), util.toUSVString('\ud800'));
})();
