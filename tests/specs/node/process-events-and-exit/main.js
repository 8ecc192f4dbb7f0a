process.on('exit', (code) => { console.log('exit', code, process.exitCode); });
process.on('uncaughtException', (error, origin) => { console.log('caught', error.message, origin); });
process.on('unhandledRejection', (reason) => { console.log('rejected', reason.message); });
process.on('rejectionHandled', () => console.log('handled late'));
const late = Promise.reject(new Error('later'));
setTimeout(() => late.catch(() => {}), 5);
setTimeout(() => { throw new Error('in a timer'); }, 10);
process.exitCode = 3;
try { process.exitCode = 'x'; } catch (error) { console.log(error.code); }
console.log(process.hrtime.bigint() > 0n, process.uptime() > 0, process.memoryUsage().rss > 0, typeof process.cpuUsage().user, process.allowedNodeEnvironmentFlags.has('--no-warnings'));
