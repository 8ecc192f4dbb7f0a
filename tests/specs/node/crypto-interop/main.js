// Keys, signatures, ciphertexts and secrets that the real Node made (from-node.json, by `node make.js`) are read, verified, opened and
// written again; then the same the other way round within one process.
const { check, make } = require('./make.js');
const fs = require('fs');
console.log(check(JSON.parse(fs.readFileSync(`${__dirname}/from-node.json`, 'utf8'))));
console.log(check(make()));
