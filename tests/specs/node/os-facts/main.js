const os = require('os');
console.log(os.platform(), os.arch(), os.endianness(), JSON.stringify(os.EOL), os.type(), os.devNull);
console.log(typeof os.hostname(), os.totalmem() > 0, os.freemem() > 0, os.uptime() >= 0, Array.isArray(os.cpus()), os.availableParallelism() >= 1, typeof os.tmpdir(), os.loadavg().length);
console.log(os.constants.signals.SIGKILL, os.constants.errno.ENOENT, typeof os.userInfo().username, typeof os.networkInterfaces());
