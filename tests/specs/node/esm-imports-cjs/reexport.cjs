const own = { c: 3 }; module.exports = require('./plain.cjs'); module.exports.c = own.c;
