// What `--permission` forbids, and how it says so.
const fs = require('fs');
if (process.argv[2] === undefined) {
  fs.mkdirSync('/tmp/permitted', { recursive: true });
  fs.writeFileSync('/tmp/permitted/a.txt', 'allowed');
  fs.writeFileSync('/tmp/forbidden.txt', 'secret');
  const { spawnSync } = require('child_process');
  for (const flags of [['--allow-fs-read=/tmp/permitted'], ['--allow-fs-read=*'], ['--allow-fs-read=/tmp/per*', '--allow-fs-write=/tmp/permitted/'], ['--allow-fs-read=*', '--allow-fs-write=*', '--allow-child-process', '--allow-worker', '--allow-addons']]) {
    const { stdout, stderr } = spawnSync(process.execPath, ['--permission', '--no-warnings', ...flags, __filename, 'inner'], { encoding: 'utf8' });
    console.log(flags, stdout, stderr);
  }
  fs.rmSync('/tmp/permitted', { recursive: true });
  fs.rmSync('/tmp/forbidden.txt', { force: true });
  return;
}
const attempt = async (name, run) => {
  try {
    const value = await run();
    console.log(name, typeof value === 'string' ? value : 'done');
  } catch (error) {
    console.log(name, error.code, error.message.split('\n')[0], error.permission, error.resource, Object.keys(error));
  }
};
const callback = (run) => new Promise((resolve, reject) => run((error, value) => (error ? reject(error) : resolve(value))));
(async () => {
  const { permission } = process;
  console.log(['fs', 'fs.read', 'fs.write', 'child', 'worker', 'addon', 'wasi', 'unknown'].map((scope) => permission.has(scope)));
  console.log(['/tmp/permitted/a.txt', '/tmp/permitted', '/tmp/permittedtoo', '/tmp/permitted/../forbidden.txt'].map((path) => permission.has('fs.read', path)));
  await attempt('read', () => fs.readFileSync('/tmp/permitted/a.txt', 'utf8'));
  await attempt('other', () => fs.readFileSync('/tmp/forbidden.txt', 'utf8'));
  await attempt('promise', () => fs.promises.readFile('/tmp/forbidden.txt', 'utf8'));
  await attempt('callback', () => callback((done) => fs.readFile('/tmp/forbidden.txt', 'utf8', done)));
  await attempt('buffer', () => fs.readFileSync(Buffer.from('/tmp/forbidden.txt'), 'utf8'));
  await attempt('stream', () => callback((done) => fs.createReadStream('/tmp/forbidden.txt').on('error', done).on('end', done).resume()));
  await attempt('stat', () => fs.statSync('/tmp/forbidden.txt'));
  await attempt('exists', () => String(fs.existsSync('/tmp/permitted/a.txt')));
  await attempt('access', () => fs.accessSync('/tmp/forbidden.txt'));
  await attempt('readdir', () => fs.readdirSync('/tmp'));
  await attempt('write', () => fs.writeFileSync('/tmp/permitted/b.txt', 'x'));
  await attempt('append', () => fs.appendFileSync('/tmp/forbidden.txt', 'x'));
  await attempt('mkdir', () => fs.mkdirSync('/tmp/permitted/c'));
  await attempt('rename', () => fs.renameSync('/tmp/permitted/a.txt', '/tmp/permitted/a2.txt'));
  await attempt('back', () => fs.renameSync('/tmp/permitted/a2.txt', '/tmp/permitted/a.txt'));
  await attempt('rmdir', () => fs.rmdirSync('/tmp/permitted/c'));
  await attempt('spawn', () => void require('child_process').spawnSync('true'));
  await attempt('exec', () => callback((done) => require('child_process').exec('true', done)));
  await attempt('worker', () => void new (require('worker_threads').Worker)('1', { eval: true }));
  await attempt('addon', () => process.dlopen({ exports: {} }, '/nope.node'));
})();
