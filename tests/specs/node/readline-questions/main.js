const readline = require('readline/promises');
const { Readable, Writable } = require('stream');
(async () => {
  let out = '';
  const input = new Readable({ read() {} });
  const rl = readline.createInterface({ input, output: new Writable({ write(c, _, d) { out += c; d(); } }) });
  setImmediate(() => input.push('Ada\n'));
  const name = await rl.question('name? ');
  console.log(name, JSON.stringify(out));
  const lines = [];
  rl.on('line', (line) => lines.push(line));
  rl.on('close', () => console.log(lines));
  input.push('a\r\nb\nlast');
  input.push(null);
})();
