// Options from the environment: before those of the command line, and only those that may stand there.
const { spawnSync } = require('child_process');
const fs = require('fs');
fs.writeFileSync('/tmp/before.js', 'console.log("before", process.execArgv)');
fs.writeFileSync('/tmp/a b.js', 'console.log("with a space")');
fs.writeFileSync('/tmp/options.env', 'NODE_OPTIONS=--no-deprecation\nOTHER=1\n');
const run = (options, args, env = {}) => {
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { env: { ...process.env, ...env, NODE_OPTIONS: options }, encoding: 'utf8' });
  console.log(JSON.stringify(options), args.join(' '), status, JSON.stringify(stdout), JSON.stringify(stderr.replace(/^.*node: /, 'node: ')));
};
run('--require /tmp/before.js', ['-p', '1']);
run('-r /tmp/before.js', ['-r', '/tmp/before.js', '-p', '1']);
run('--require "/tmp/a b.js"', ['-p', '1']);
run('--no-deprecation --title=named', ['-p', '[process.noDeprecation, process.title]']);
run('--max-old-space-size=200 --stack-trace-limit=2', ['-p', 'Error.stackTraceLimit']);
run('--conditions one', ['--conditions=two', '-p', 'process.execArgv']);
run('--no-experimental-require-module', ['-p', 'process.features.require_module']);
run('--eval 1', ['-p', '1']);
run('--check', ['-p', '1']);
run('file.js', ['-p', '1']);
run('--require "/tmp/a', ['-p', '1']);
run('', ['--pending-deprecation=1', '-p', '1']);
run('', ['-p', 'process.noDeprecation'], { NODE_PENDING_DEPRECATION: '1', NODE_NO_WARNINGS: '1' });
delete process.env.NODE_OPTIONS;
const { stdout } = spawnSync(process.execPath, ['--env-file=/tmp/options.env', '-p', '[process.noDeprecation, process.env.OTHER]'], { encoding: 'utf8' });
console.log(stdout);
