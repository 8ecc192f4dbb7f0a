// Users and groups: names, numbers, and what is refused.
const show = (name, work) => {
  try {
    console.log(name, work());
  } catch (error) {
    console.log(name, error.name, error.code, error.message);
  }
};
const values = [undefined, null, 'no-such-name', -1, 1.5, 2 ** 32, {}, [1]];
for (const setter of ['setuid', 'setgid', 'seteuid', 'setegid']) {
  for (const value of values) show(`${setter} ${JSON.stringify(value)}`, () => process[setter](value));
}
for (const value of [...values, ['no-such-name'], [0, 'no-such-name'], [{}], [-1]]) {
  show(`setgroups ${JSON.stringify(value)}`, () => process.setgroups(value));
}
for (const pair of [['root'], ['root', 1.5], ['root', 'no-such-name'], [{}, 'root'], [undefined, 0]]) {
  show(`initgroups ${JSON.stringify(pair)}`, () => process.initgroups(...pair));
}
show('ids', () => [process.getuid(), process.geteuid(), process.getgid(), process.getegid()].every(Number.isInteger));
if (process.getuid() === 0) {
  process.setgroups([5, 0]);
  show('groups', () => process.getgroups());
  process.setegid(1234);
  process.seteuid(1234);
  show('effective', () => [process.getuid(), process.geteuid(), process.getgid(), process.getegid()]);
  show('groups', () => process.getgroups());
  show('setgroups', () => process.setgroups([7]));
  process.seteuid(0);
  process.setegid('root');
  process.setgid(99);
  process.setuid(4321);
  show('all', () => [process.getuid(), process.geteuid(), process.getgid(), process.getegid()]);
  show('setuid', () => process.setuid(0));
}
