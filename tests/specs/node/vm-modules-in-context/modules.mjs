// Modules of a context see its globals; what a synthetic module does not set is undefined.
import vm from 'node:vm';

const context = vm.createContext({ given: 20 });
const dependency = new vm.SyntheticModule(['set', 'unset'], function evaluate() { this.setExport('set', given()); }, { context, identifier: 'dep' });
const given = () => context.given + 1;
const main = new vm.SourceTextModule(
  'import { set, unset } from "dep"; import * as all from "dep"; export default [given, set, unset, Object.keys(all).join()]; ' +
  'globalThis.made = typeof process; export const url = import.meta.url; export { set };',
  { context, identifier: 'main', initializeImportMeta(meta, module) { meta.url = `of ${module.identifier}`; } },
);
await main.link((specifier) => (specifier === 'dep' ? dependency : undefined));
await main.evaluate();
console.log(main.namespace.default, main.namespace.url, main.status, context.made);

const endless = new vm.SourceTextModule('for (;;);', { context, identifier: 'endless' });
await endless.link(() => {});
await endless.evaluate({ timeout: 30 }).catch((error) => console.log(error.code));
