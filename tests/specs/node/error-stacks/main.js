function outer() { return inner(); } function inner() { return new Error('here'); }
const first = outer().stack.split('\n'); console.log(first[0], /at inner \(.*main\.js:2:\d+\)/.test(first[1]), /at outer \(.*main\.js:2:\d+\)/.test(first[2]), /at Object\.<anonymous> \(.*main\.js:3:\d+\)/.test(first[3]));
const holder = {}; Error.captureStackTrace(holder, outer); console.log(typeof holder.stack, holder.stack.split('\n')[0], Object.keys(holder));
class MyError extends Error { constructor(m, o) { super(m, o); this.name = 'MyError'; this.extra = 1; } } const e = new MyError('msg', { cause: new Error('why') }); console.log(String(e), e.cause.message, e.stack.split('\n')[0], Object.keys(e), e instanceof MyError);
Error.stackTraceLimit = 1; console.log(outer().stack.split('\n').length); Error.stackTraceLimit = 10;
const old = Error.prepareStackTrace; Error.prepareStackTrace = (err, sites) => sites.map((s) => [s.getFunctionName(), s.getLineNumber(), typeof s.getColumnNumber(), s.getFileName() === __filename, s.isNative(), s.isEval()]); console.log(outer().stack.slice(0, 2)); Error.prepareStackTrace = old;
const x = new Error('a'); x.message = 'changed'; console.log(x.stack.split('\n')[0]); x.stack = 'set'; console.log(x.stack); console.log(new AggregateError([new Error('1')], 'agg').errors.length, new Error('no stack read').message, Object.getOwnPropertyDescriptor(new Error('q'), 'stack').enumerable);
try { null.x; } catch (err) { console.log(err.stack.split('\n')[0]); } console.log(require('util').types.isNativeError(e), require('util').getCallSites(1)[0].lineNumber);
