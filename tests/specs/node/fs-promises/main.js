const fs = require('fs/promises'), path = require('path'), os = require('os');
(async () => {
  const dir = await fs.mkdtemp(path.join(os.tmpdir(), 'spec-')); const p = (n) => path.join(dir, n);
  await fs.writeFile(p('a'), 'one\ntwo\nthree\n'); await fs.appendFile(p('a'), 'four');
  const h = await fs.open(p('a'), 'r+'); const lines = []; for await (const line of h.readLines()) lines.push(line); console.log(lines);
  const g = await fs.open(p('a'), 'r+'); console.log((await g.stat()).size, (await g.read(Buffer.alloc(3), 0, 3, 4)).buffer.toString(), await g.write('TWO', 4)); await g.truncate(7); console.log(await g.readFile('utf8')); await g.close();
  try { await g.stat(); } catch (e) { console.log(e.code); }
  await fs.mkdir(p('x/y'), { recursive: true }); await fs.copyFile(p('a'), p('x/b')); await fs.rename(p('x/b'), p('x/y/c')); console.log(await fs.readdir(dir, { recursive: true }));
  const seen = []; for await (const entry of await fs.opendir(dir)) seen.push([entry.name, entry.isFile()]); console.log(seen.sort());
  await fs.symlink('a', p('l')); console.log(await fs.readlink(p('l')), (await fs.lstat(p('l'))).isSymbolicLink(), path.basename(await fs.realpath(p('l'))));
  await fs.chmod(p('a'), 0o640); await fs.utimes(p('a'), 10, 20); const s = await fs.stat(p('a')); console.log((s.mode & 0o777).toString(8), s.atimeMs, s.mtimeMs);
  await Promise.all([1, 2, 3].map((n) => fs.writeFile(p('n' + n), String(n)))); console.log((await Promise.all([1, 2, 3].map((n) => fs.readFile(p('n' + n), 'utf8')))).join());
  await fs.rm(dir, { recursive: true }); console.log(await fs.access(dir).then(() => 'there', (e) => e.code));
})();
