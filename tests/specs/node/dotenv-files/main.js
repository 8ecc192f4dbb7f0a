const fs = require('fs');
const { spawnSync } = require('child_process');
const { parseEnv } = require('util');
console.log({ ...parseEnv('A=1\n# comment\nB="two words" # tail\nC=\'single $x\'\nexport D=e\nE=`multi\nline`\nF=\nG = spaced \n') });
fs.writeFileSync('/tmp/env', 'FROM_FILE=yes\nSHARED=file\n');
const run = (...args) => spawnSync(process.execPath, [...args, '-p', 'process.env.FROM_FILE + " " + process.env.SHARED'], { encoding: 'utf8', env: { SHARED: 'environment' } });
console.log(run('--env-file=/tmp/env').stdout.trim(), run('--env-file-if-exists=/tmp/none').stdout.trim(), run('--env-file=/tmp/none').status);
process.loadEnvFile('/tmp/env'); console.log(process.env.FROM_FILE);
