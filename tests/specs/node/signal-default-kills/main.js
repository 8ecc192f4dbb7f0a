setInterval(() => {}, 1000);
const { spawn } = require('child_process'); const c = spawn(process.execPath, ['-e', 'process.kill(process.pid, "SIGKILL")']); c.on('exit', (code, signal) => { console.log(code, signal); process.exit(0); });
