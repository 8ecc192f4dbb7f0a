// `import source` gives the module, compiled and not run.
import fs from 'node:fs';
const bytes = Buffer.from('0061736d0100000001060160017f017f030201000707010361646400000a09010700200041016a0b', 'hex');
fs.writeFileSync('/tmp/add.wasm', bytes);
fs.writeFileSync('/tmp/plain.mjs', 'export default 1; globalThis.ran = true;');
fs.writeFileSync('/tmp/source.mjs', "import source module from './add.wasm';\nimport source from './plain.mjs';\nexport { module, source };\n");
const { module, source } = await import('/tmp/source.mjs');
console.log(module instanceof WebAssembly.Module, source, WebAssembly.Module.exports(module));
console.log(await import.source('/tmp/add.wasm') === module, new WebAssembly.Instance(module).exports.add(41));
await import.source('/tmp/plain.mjs').catch((error) => console.log(error.name, error.code, error.message));
