const outer = new Error('outer', { cause: new TypeError('inner') });
outer.code = 'E_OUTER';
const flat = (text) => text.replace(/\n? +at .*/g, '');
console.log(flat(require('util').inspect(outer)));
console.log(flat(require('util').inspect(new AggregateError([new Error('one'), 2], 'many'))));
class Custom extends Error { constructor() { super('custom'); this.name = 'Custom'; this.extra = { a: 1 }; } }
console.log(flat(require('util').inspect(new Custom())), String(new Custom()), Object.prototype.toString.call(new Custom()));
const error = new Error('x'); error.stack = 'replaced'; console.log(error); error.name = 'Renamed'; console.log(String(error));
Promise.any([Promise.reject(1)]).catch((reason) => console.log(reason.constructor.name, reason.errors));
console.log(Error.isError?.(error), new Error('m', {}).hasOwnProperty('cause'), [new RangeError('in array')].toString());
