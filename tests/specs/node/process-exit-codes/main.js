process.on('beforeExit', (code) => { console.log('beforeExit', code, process.exitCode); if (!globalThis.again) { globalThis.again = true; setTimeout(() => { console.log('more work'); process.exitCode = 9; }, 1); } });
process.on('exit', (code) => { console.log('exit', code); process.exitCode = 12; setTimeout(() => console.log('never'), 0); });
