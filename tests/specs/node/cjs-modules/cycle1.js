exports.done = false; const b = require('./cycle2'); console.log('in 1, b.done', b.done); exports.done = true;
