// Text that must not become code, by the command line and in a context.
if (process.argv[2] === undefined) {
  const args = ['--disallow-code-generation-from-strings', __filename, 'inner'];
  process.stdout.write(require('child_process').execFileSync(process.execPath, args));
}
const vm = require('vm');
const context = vm.createContext({}, { codeGeneration: { strings: false } });
const show = (run) => {
  try {
    console.log(run());
  } catch (error) {
    console.log(error instanceof EvalError, error.name, error.message);
  }
};
show(() => eval('1'));
show(() => (0, eval)('1'));
show(() => new Function('return 1')());
show(() => Function('return 1')());
show(() => typeof (async () => {}).constructor('1'));
show(() => typeof (function* () {}).constructor('1'));
show(() => [(() => {}) instanceof Function, (() => {}).constructor === Function, Function.name, Function.length]);
show(() => typeof new (class extends Function {})('1'));
show(() => vm.runInThisContext('1 + 1'));
show(() => vm.runInContext('try { eval("1") } catch (e) { [e.name, e.message, e instanceof EvalError].join() }', context));
show(() => vm.runInContext('try { new Function("1") } catch (e) { e.message }', context));
show(() => vm.runInContext('2 + 3', context));
show(() => vm.runInContext('eval("7")', vm.createContext({})));
