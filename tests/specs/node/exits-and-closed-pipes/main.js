// Children that end in every way, and pipes whose other end goes away: codes, signals, messages.
const { spawn, spawnSync, exec } = require('node:child_process');
const fs = require('node:fs');

// Which error it was; where it was thrown is not this spec's matter.
const clean = (text) => text.split('\n').filter((line) => /^\w*Error\b|bad option/.test(line)).join('\n').replaceAll(process.cwd(), 'CWD').replace(/^.*: bad/, 'bad')
  .replace(/^SyntaxError: (?!CWD).*/, 'SyntaxError');
const node = (name, program, options = {}, flags = []) => {
  const child = spawnSync(process.execPath, [...flags, '-e', program], { encoding: 'utf8', ...options });
  console.log(`== ${name}: ${child.status} ${child.signal} ${child.error?.code}\n${child.stdout ?? ''}${clean(child.stderr ?? '')}`);
};

node('throws', 'throw new RangeError("out")');
node('throws a value', 'throw 7');
node('throws null', 'throw null');
node('in a timer', 'setTimeout(() => { throw new Error("t") }, 1)');
node('in an emitter', 'new (require("events"))().emit("error", new Error("e"))');
node('missing module', 'require("./nowhere")');
node('missing package', 'require("no-such-package")');
node('syntax error', 'let let = 1');
node('exit code', 'process.exitCode = 3; setTimeout(() => {}, 1)');
node('exit in exit', 'process.on("exit", () => { process.exitCode = 9 })');
node('handler throws', 'process.on("uncaughtException", () => { throw new Error("again") }); throw new Error("first")');
node('aborts', 'process.abort()', { stdio: ['ignore', 'pipe', 'ignore'] }, []);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL', 'SIGUSR2']) {
  node(signal, `process.kill(process.pid, "${signal}"); setTimeout(() => {}, 10000)`);
}
node('caught SIGINT', 'process.on("SIGINT", (s, n) => { console.log(s, n); process.exit(5) }); process.kill(process.pid, "SIGINT"); setTimeout(() => {}, 10000)');
node('timeout', 'setTimeout(() => {}, 100000)', { timeout: 300 });
node('timeout, killed hard', 'process.on("SIGTERM", () => {}); setTimeout(() => {}, 100000)', { timeout: 500, killSignal: 'SIGKILL' });
node('too much output', 'process.stdout.write("x".repeat(300000))', { maxBuffer: 100, stdio: ['ignore', 'ignore', 'pipe'] });
node('bad option', '0', {}, ['--no-such-option']);
for (const file of ['no-such-file.js', 'bad.js', 'bad.mjs', 'bad.json']) {
  fs.writeFileSync('bad.js', 'const a = 1;\nfoo bar\n');
  fs.writeFileSync('bad.mjs', 'import x from "./nowhere.mjs";\n');
  fs.writeFileSync('bad.json', '{');
  const child = spawnSync(process.execPath, [file], { encoding: 'utf8' });
  console.log(`== ${file}: ${child.status}\n${clean(child.stderr)}`);
}

exec(`"${process.execPath}" -e "for (let i = 0; i < 100000; i++) console.log(i)" | head -n 1`, (error, stdout, stderr) => {
  console.log('head', error, stdout.trim(), stderr.includes('EPIPE'));
  const child = spawn(process.execPath, ['-e', 'process.stdout.on("error", (e) => { console.error(e.code); process.exit(4) }); setInterval(() => process.stdout.write("x".repeat(65536)), 1)']);
  child.stdout.once('data', () => child.stdout.destroy());
  child.stderr.on('data', (data) => console.log('says', String(data).trim()));
  child.on('close', (code, signal) => {
    console.log('closed pipe', code, signal);
    const gone = spawn(process.execPath, ['-e', '0']);
    gone.on('exit', () => {
      gone.stdin.on('error', (error) => console.log('stdin', error.code));
      gone.stdin.write('x'.repeat(1 << 20), (error) => console.log('write', error?.code, gone.kill(), gone.killed));
    });
  });
});
