const fs = require('fs');
fs.writeFileSync('/tmp/polled', '1');
fs.watchFile('/tmp/polled', { interval: 10 }, (now, before) => {
  console.log(before.size, now.size, now.isFile());
  fs.unwatchFile('/tmp/polled');
  fs.unlinkSync('/tmp/polled');
});
setTimeout(() => fs.writeFileSync('/tmp/polled', '12345'), 40);
