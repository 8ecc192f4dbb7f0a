const { execFileSync, spawnSync } = require('child_process');
const run = (...flags) => spawnSync(process.execPath, [...flags, '-e', 'new Buffer(1); require("util").deprecate(() => {}, "gone", "D1")()'], { encoding: 'utf8' });
const clean = (text) => text.replace(/^ .*\n/gm, '').replace(/\(node:\d+\)/g, '(node)').replace(/^.*--trace-deprecation.*\n/gm, '');
for (const flags of [[], ['--no-deprecation'], ['--no-warnings'], ['--throw-deprecation'], ['--disable-warning=DEP0005']]) {
  const { status, stderr } = run(...flags);
  console.log(flags.join(), status, clean(stderr).split('\n').filter((line) => /Warning/.test(line)).slice(0, 2));
}
void execFileSync;
