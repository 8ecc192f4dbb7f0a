const { channel, subscribe, unsubscribe, hasSubscribers, tracingChannel } = require('diagnostics_channel');
const listener = (message, name) => console.log(name, message);
subscribe('a', listener); channel('a').publish({ x: 1 }); console.log(hasSubscribers('a'), unsubscribe('a', listener), hasSubscribers('a'));
const trace = tracingChannel('work');
trace.subscribe({ start: (c) => console.log('start', c.n), end: (c) => console.log('end', c.result), error: (c) => console.log('error', c.error.message), asyncStart: () => console.log('asyncStart'), asyncEnd: () => console.log('asyncEnd') });
console.log(trace.traceSync((a) => a * 2, { n: 1 }, null, 21));
try { trace.traceSync(() => { throw new Error('bad'); }, { n: 2 }); } catch {}
trace.tracePromise(async () => 5, { n: 3 }).then((value) => console.log('value', value));
