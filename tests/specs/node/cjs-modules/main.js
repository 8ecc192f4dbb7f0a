const path = require('path');
console.log(require('./lib/a').name, require('./lib').main, require('./data.json'), require('./pkg').v, require('dual').kind, require('dual/sub').sub);
console.log(module.children.length > 0, module.paths[0] === path.join(__dirname, 'node_modules'), require.main === module, __filename === module.filename, require.resolve('./lib/a') === path.join(__dirname, 'lib/a.js'));
console.log(require('./cycle1').done, require('./cycle2').done);
for (const id of ['./nope', 'nope', 'dual/private', './bad.json', './throws', './syntax']) { try { require(id); } catch (e) { console.log(e.name, e.code, e.message.split('\n')[0].replaceAll(__dirname, '.')); } }
console.log(Object.keys(require.cache).length > 5, require('module').builtinModules.includes('fs'), require('module').isBuiltin('node:fs'), typeof require('module').createRequire(__filename)('./lib/a'));
delete require.cache[require.resolve('./lib/a')]; console.log(require('./lib/a').count); require.extensions['.txt'] = (m, f) => { m.exports = require('fs').readFileSync(f, 'utf8').trim(); }; console.log(require('./note.txt'));
console.log(this === module.exports, typeof exports, arguments.length, (() => { try { return typeof await_; } catch (e) { return e.name; } })());
