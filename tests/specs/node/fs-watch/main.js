const fs = require('fs');
fs.mkdirSync('/tmp/watched', { recursive: true });
fs.writeFileSync('/tmp/watched/a', '1');
const events = [];
const watcher = fs.watch('/tmp/watched', (event, name) => {
  events.push(`${event}:${name}`);
  if (events.length === 5) { watcher.close(); console.log(events.join()); }
});
watcher.on('close', () => { console.log('closed'); fs.rmSync('/tmp/watched', { recursive: true }); });
fs.writeFileSync('/tmp/watched/b', '');
fs.renameSync('/tmp/watched/b', '/tmp/watched/c');
fs.unlinkSync('/tmp/watched/c');
fs.appendFileSync('/tmp/watched/a', '2');
try { fs.watch('/tmp/absent'); } catch (error) { console.log(error.code, error.syscall, error.message); }
