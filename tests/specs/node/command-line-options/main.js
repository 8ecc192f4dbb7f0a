const { spawnSync } = require('child_process');
const run = (args, options) => { const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8', ...options }); console.log(args.join(' '), '|', status, stdout.trim(), stderr.trim().split('\n')[0]); };
run(['-p', '[1,2].map(x=>x*2)']); run(['-e', 'console.log(__filename, process.argv.slice(2))', 'a', '-b']); run(['--input-type=module', '-e', 'import fs from "fs"; console.log(typeof fs.readFileSync, typeof require)']);
run(['-r', 'os', '-p', '1']); run(['-pe', '"x"']); run([], { input: 'console.log("from stdin")' }); run(['-'], { input: 'console.log(process.argv.length)' });
run(['--version']); run(['-p', 'process.execArgv', '--no-warnings']); run(['--no-warnings', '-p', 'process.execArgv']);
run(['-p', 'process.env.NODE_OPTIONS'], { env: { NODE_OPTIONS: '--no-deprecation' } });
