const { createRequire, builtinModules, isBuiltin, findPackageJSON, registerHooks, stripTypeScriptTypes } = require('module');
console.log(builtinModules.includes('fs'), builtinModules.some((id) => id.startsWith('internal/')), isBuiltin('node:test'), isBuiltin('internal/errors'), isBuiltin('node:nope'));
const hooks = registerHooks({ resolve(id, context, next) { return id === 'virtual:x' ? { url: 'virtual:x', shortCircuit: true, format: 'commonjs' } : next(id, context); }, load(url, context, next) { return url === 'virtual:x' ? { format: 'commonjs', source: 'module.exports = { made: "up" };', shortCircuit: true } : next(url, context); } });
console.log(require('virtual:x')); hooks.deregister();
try { require('virtual:y'); } catch (error) { console.log(error.code); }
console.log(createRequire('/tmp/x.js').resolve('fs'), typeof findPackageJSON, typeof stripTypeScriptTypes, require.resolve.paths('x').slice(0, 1), module.paths.length > 0, require.main === module);
console.log(process.getBuiltinModule('os') === require('os'), process.getBuiltinModule('internal/errors'));
