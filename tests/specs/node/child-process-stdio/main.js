const { spawn, spawnSync, exec, execFile } = require('child_process');
const node = process.execPath;
const child = spawn(node, ['-e', 'process.stdin.pipe(process.stdout); process.stderr.write("err")'], { stdio: ['pipe', 'pipe', 'pipe'] });
child.stdout.on('data', (data) => console.log('out', String(data))); let errors = ''; child.stderr.on('data', (data) => { errors += data; });
child.on('close', (code) => { console.log('close', code, errors); next(); });
child.stdin.end('through');
function next() {
  console.log(spawnSync(node, ['-p', '1+1'], { encoding: 'utf8' }).stdout, spawnSync(node, ['-e', 'process.exit(3)']).status, spawnSync('no-such-program').error.code);
  const timed = spawnSync(node, ['-e', 'setInterval(()=>{},1000)'], { timeout: 100 }); console.log(timed.signal, timed.error.code);
  exec(`"${node}" -e "process.exit(2)"`, (error) => console.log(error.code, error.killed));
}
