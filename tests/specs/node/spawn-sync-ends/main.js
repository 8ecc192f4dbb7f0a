// When spawnSync is over, and what it gives.
const { spawnSync, spawn, execFileSync } = require('child_process');
const node = process.execPath;
const run = (args, options) => {
  const result = spawnSync(node, args, options);
  // Whether a child that wrote too much is ended by the signal or by itself is a race.
  const end = result.error?.code === 'ENOBUFS' ? [] : [result.status, result.signal];
  console.log(Object.keys(result), ...end, result.error?.code, result.stdout?.length);
};
run(['-e', 'console.log("hi")']);
// Over the limit only when all is read: the child has ended by then.
run(['-e', 'process.stdout.write("a".repeat(3000))'], { maxBuffer: 2000 });
// Of both streams together.
run(['-e', 'process.stdout.write("a".repeat(3000));process.stderr.write("b".repeat(3000))'], { maxBuffer: 5000 });
run(['-e', 'process.stdout.write("a".repeat(3000))'], { maxBuffer: Infinity });
run(['-e', 'setInterval(() => {}, 1000)'], { timeout: 300 });
// A grandchild holds the pipe: its output counts as well.
const script = 'const { spawn } = require("child_process");' +
  'spawn(process.execPath, ["-e", "setTimeout(() => console.log(\\"late\\"), 300)"], { stdio: ["ignore", "inherit", "ignore"], detached: true }).unref();' +
  'console.log("early")';
console.log(execFileSync(node, ['-e', script], { encoding: 'utf8' }));
try {
  execFileSync('/nope/program');
} catch (error) {
  console.log(Object.keys(error));
}
// What a child wrote is heard before that it ended.
const events = [];
const child = spawn('sh', ['-c', 'echo one; echo two']);
child.stdout.on('data', (data) => events.push(String(data)));
child.on('exit', () => events.push('exit'));
child.on('close', () => {
  events.push('close');
  console.log([events.slice(0, -2).join(''), ...events.slice(-2)]);
});
