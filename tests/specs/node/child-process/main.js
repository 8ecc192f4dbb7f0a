const cp = require('child_process'); const node = process.execPath;
(async () => {
  const run = (args, opts, input) => new Promise((resolve) => { const c = cp.spawn(node, args, opts); let out = '', err = ''; c.stdout?.on('data', (d) => (out += d)); c.stderr?.on('data', (d) => (err += d)); c.on('close', (code, signal) => resolve([code, signal, out, err])); if (input !== undefined) c.stdin.end(input); });
  console.log(await run(['-e', 'process.stdin.pipe(process.stdout); process.on("exit", () => console.error("bye")); process.exitCode = 7'], {}, 'echoed'));
  console.log(await run(['-p', 'process.env.A + process.cwd()'], { env: { ...process.env, A: 'x' }, cwd: '/' }));
  const k = cp.spawn(node, ['-e', 'setInterval(() => {}, 1000); console.log("up")']); await new Promise((r) => k.stdout.once('data', r)); console.log(k.kill(), await new Promise((r) => k.on('exit', (...a) => r(a))), k.killed, k.signalCode);
  const missing = cp.spawn('no-such-program'); console.log(await new Promise((r) => missing.on('error', (e) => r([e.code, e.syscall, e.path]))));
  const s = cp.spawnSync(node, ['-e', 'process.stdout.write("out"); process.stderr.write("err"); process.exit(2)']); console.log(s.status, s.signal, String(s.stdout), String(s.stderr));
  console.log(cp.execFileSync(node, ['-p', '1+1'], { encoding: 'utf8' }), cp.spawnSync(node, ['-e', 'process.stdin.on("data",d=>process.stdout.write(String(d).toUpperCase()))'], { input: 'shout', encoding: 'utf8' }).stdout);
  try { cp.execFileSync(node, ['-e', 'process.exit(5)'], { stdio: 'pipe' }); } catch (e) { console.log(e.status, e.message.split('\n')[0].replace(node, 'node')); }
})();
