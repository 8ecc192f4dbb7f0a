exports.done = false; const a = require('./cycle1'); console.log('in 2, a.done', a.done); exports.done = true;
