const { spawnSync } = require('child_process');
const { stdout, stderr, status } = spawnSync(process.execPath, ['-i'], { input: 'let x = 2\nx ** 8\n[1,2].map((n) => n * 2)\n.exit\n', encoding: 'utf8' });
console.log(stdout.replace(/^Welcome[^]*?\n.*\n/, ''), stderr, status);
