const vm = require('vm');
const context = vm.createContext({ x: 2, console });
vm.runInContext('var y = x * 21; globalThis.z = this.y + 1', context); console.log(context.y, context.z, vm.isContext(context));
const script = new vm.Script('n = typeof n === "undefined" ? 1 : n + 1', { filename: 'count.js' });
const other = vm.createContext({}); script.runInContext(other); script.runInContext(other); console.log(other.n);
try { new vm.Script('let = ;', { filename: 'broken.js' }); } catch (error) { console.log(error.name); }
try { vm.runInNewContext('throw new TypeError("inside")'); } catch (error) { console.log(error.name, error instanceof TypeError); }
console.log(vm.runInNewContext('[1,2] instanceof Array'), vm.runInNewContext('[1]') instanceof Array, vm.runInThisContext('typeof require'));
console.log(vm.compileFunction('return a + b', ['a', 'b'])(1, 2));
