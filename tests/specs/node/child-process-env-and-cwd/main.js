const { execFileSync, spawnSync } = require('child_process');
const run = (script, options) => execFileSync(process.execPath, ['-e', script], { encoding: 'utf8', ...options }).trim();
console.log(run('console.log(process.env.A, process.env.B)', { env: { A: '1', B: 2 } }), run('console.log(process.cwd())', { cwd: '/tmp' }));
console.log(run('console.log(process.argv0, process.argv.length)', { argv0: 'renamed' }));
console.log(spawnSync(process.execPath, ['-e', '0'], { cwd: '/nowhere' }).error.code);
try { execFileSync(process.execPath, ['-e', 'console.error("why"); process.exit(4)'], { stdio: 'pipe' }); } catch (error) { console.log(error.status, String(error.stderr).trim()); }
console.log(run('process.stdin.on("data", (d) => process.stdout.write(String(d).toUpperCase()))', { input: 'shout' }));
console.log(execFileSync(process.execPath, ['-e', 'console.log(1)'], { shell: false, encoding: 'latin1', stdio: ['ignore', 'pipe', 'ignore'] }).trim());
