const { start } = require('repl');
const { Readable, Writable } = require('stream');
let output = '';
const lines = ['const a = 1', 'a + 1', '({ a: [1, { b: 2 }] })', 'missing', 'function f() {', 'return 5', '}', 'f()', 'throw new Error("boom")', 'await Promise.resolve(7)', '_', '.help'];
const repl = start({
  prompt: '> ', terminal: false, useColors: false,
  input: Readable.from(lines.map((line) => `${line}\n`)), output: new Writable({ write(chunk, _, done) { output += chunk; done(); } }),
});
repl.on('exit', () => console.log(output.replace(/^ +at .*\n/gm, '')));
