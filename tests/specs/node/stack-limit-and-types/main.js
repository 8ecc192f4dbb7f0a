// Errors without a stack, and the names of util.types.
Error.stackTraceLimit = 0;
console.log([new Error('no frames').stack]);
Error.stackTraceLimit = 1;
console.log(new Error('one').stack.split('\n').length);
delete Error.stackTraceLimit;
console.log([new Error('no limit').stack]);
console.log(require('util').types);
