process.on('SIGUSR2', (name, number) => { console.log('got', name, number); process.kill(process.pid, 'SIGTERM'); });
process.once('SIGTERM', (name) => { console.log('got', name); clearInterval(alive); }); const alive = setInterval(() => {}, 1000); process.kill(process.pid, 'SIGUSR2');
