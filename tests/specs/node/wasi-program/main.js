// A compiled program that copies its input and exits with a number: once with the number returned, once ending the process.
'use strict';
process.removeAllListeners('warning'); // it names the process
const fs = require('node:fs');
const { WASI } = require('node:wasi');

async function run(options) {
  const wasi = new WASI({ version: 'preview1', args: ['echo', 'a', 'b'], stdin: fs.openSync('input.txt'), ...options });
  const module = await WebAssembly.compile(fs.readFileSync('echo.wasm'));
  const instance = await WebAssembly.instantiate(module, wasi.getImportObject());
  return wasi.start(instance);
}

(async () => {
  fs.writeFileSync('input.txt', 'one line\n');
  console.log('returned', await run({}));
  const stdout = fs.openSync('output.txt', 'w');
  console.log('returned', await run({ stdout, args: [] }));
  console.log(JSON.stringify(fs.readFileSync('output.txt', 'utf8')));
  process.on('exit', () => console.log('not reached'));
  await run({ returnOnExit: false });
})();
