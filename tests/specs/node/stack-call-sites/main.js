const prepare = Error.prepareStackTrace;
Error.prepareStackTrace = (_, sites) => sites;
function caller() { return new Error().stack; }
const holder = { method: caller };
const [site] = holder.method();
console.log(site.getFunctionName(), site.getTypeName(), site.getMethodName(), site.isToplevel(), site.isConstructor(), site.isNative(), site.isAsync());
const [made] = new (function Made() { this.stack = new Error().stack; })().stack;
console.log(made.getFunctionName(), made.isConstructor(), made.getLineNumber(), made.getColumnNumber());
Error.prepareStackTrace = prepare;
Error.stackTraceLimit = 1;
console.log(new Error('short').stack.split('\n').length);
Error.stackTraceLimit = 0;
console.log(new Error('none').stack);
const target = {};
Error.stackTraceLimit = 10;
Error.captureStackTrace(target, caller);
console.log(typeof target.stack, target.stack.split('\n')[0]);
