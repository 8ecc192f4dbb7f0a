// Members of the console that Node takes from V8, and the exact numbers of stat.
const fs = require('fs');
console.log(Object.keys(console));
console.log([console.profile('p'), console.profileEnd('p'), console.timeStamp('t')]);
console.log(console.createTask('task').run(() => 5), Object.keys(console.context('c')).length);
for (const run of [() => console.createTask(), () => console.createTask('task').run()]) {
  try {
    run();
  } catch (error) {
    console.log(error.message);
  }
}
console.log(require('vm').runInNewContext('[typeof console.log, console.log("to nobody"), typeof console.context]'));

fs.writeFileSync('/tmp/stat-numbers', 'twelve bytes');
for (const ms of [0, 1.5, 999999999.25, 1234567890123.75, 2 ** 41, 3e13 / 1000]) {
  fs.utimesSync('/tmp/stat-numbers', ms / 1000, ms / 1000);
  const plain = fs.statSync('/tmp/stat-numbers');
  const big = fs.statSync('/tmp/stat-numbers', { bigint: true });
  console.log(plain.mtimeMs, plain.mtime, big.mtimeMs, big.mtimeNs);
  console.log(Object.keys(plain).every((key) => typeof plain[key] !== 'number' || /Ms$/.test(key) || BigInt(plain[key]) === big[key]), big.size);
}
fs.unlinkSync('/tmp/stat-numbers');
