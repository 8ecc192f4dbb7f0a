// What Node writes when a program ends by an error: the place of the statement that threw, the line, the caret, the stack.
const { spawnSync } = require('child_process');
const { cpSync, readdirSync } = require('fs');
const { join } = require('path');
// At the same place everywhere: how long a path is shows in how things are printed.
const folder = '/tmp/fatal-error-places';
cpSync(join(__dirname, 'cases'), folder, { recursive: true });
for (const name of readdirSync(folder).sort((a, b) => parseInt(a) - parseInt(b))) {
  const { stderr, stdout, status } = spawnSync(process.execPath, [join(folder, name)], { encoding: 'utf8' });
  console.log(`== ${name} ${status}\n${stdout}${stderr}`);
}
