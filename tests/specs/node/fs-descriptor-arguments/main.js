// What the native half checks of descriptors, and in which words.
const fs = require('node:fs');
const show = (name, work) => {
  try {
    console.log(name, 'ok', work());
  } catch (error) {
    console.log(name, error.name, error.code, error.message, '|', error.stack.split('\n')[0]);
  }
};
const calls = {
  closeSync: (fd) => fs.closeSync(fd),
  fsyncSync: (fd) => fs.fsyncSync(fd),
  fdatasyncSync: (fd) => fs.fdatasyncSync(fd),
  fstatSync: (fd) => fs.fstatSync(fd),
  ftruncateSync: (fd) => fs.ftruncateSync(fd),
  fchmodSync: (fd) => fs.fchmodSync(fd, 0o644),
  fchownSync: (fd) => fs.fchownSync(fd, 1, 1),
  futimesSync: (fd) => fs.futimesSync(fd, 1, 1),
  readSync: (fd) => fs.readSync(fd, Buffer.alloc(2)),
  writeSync: (fd) => fs.writeSync(fd, 'a'),
};
for (const bad of [undefined, null, 'x', true, {}, Symbol('s'), -1, 1.5, NaN, Infinity, 2 ** 31, 1e10, 12345]) {
  for (const [name, call] of Object.entries(calls)) show(`${name}(${String(bad)})`, () => call(bad));
}
show('close', () => fs.close('1', () => {}));
show('fsync', () => fs.fsync({}, () => {}));
fs.fstat(12345, (error) => console.log(error.code, error.syscall));
