// A script's time limit, what is thrown that is no error, namespace objects.
const vm = require('vm');
const show = (run) => {
  try {
    console.log(run());
  } catch (error) {
    console.log(error.code, error.message);
  }
};
const context = vm.createContext({ a: 1 });
show(() => vm.runInContext('for (;;);', context, { timeout: 20 }));
show(() => vm.runInThisContext('try { for (;;); } catch { 1 } finally { 2 }', { timeout: 20 }));
show(() => vm.runInContext('a + 1', context, { timeout: 1000 }));
show(() => vm.runInContext('throw new TypeError("own")', context, { timeout: 1000 }));
show(() => vm.runInContext('let n = 0; while (n < 1000) n++; n', context));

try {
  vm.runInThisContext('throw { plain: 1 }');
} catch (error) {
  console.log(error);
}

import('data:text/javascript,export const named = 1; export default 2').then((namespace) => {
  console.log(require('util').types.isModuleNamespaceObject(namespace), namespace);
});
