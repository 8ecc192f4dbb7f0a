// What a failing assertion of a file under `node --test` looks like in the parent.
const { spawnSync } = require('child_process');
const fs = require('fs');
fs.writeFileSync('/tmp/fails.test.js', `const test = require('node:test'); const assert = require('assert');
test('good', () => {});
test('strict', () => { assert.strictEqual(1, 2); });
test('deep', () => { assert.deepStrictEqual({ a: [1, { b: 2 }] }, { a: [1, { b: 3 }] }); });
test('message', () => { assert.ok(false, 'what went wrong'); });
test('cause', () => { throw new TypeError('outer', { cause: new RangeError('inner') }); });
test('plain', () => { throw { a: 1 }; });`);
const { stdout, status } = spawnSync(process.execPath, ['--test', '--test-reporter=tap', '/tmp/fails.test.js'], { encoding: 'utf8' });
console.log(status);
let stack = false;
for (const line of stdout.split('\n')) {
  if (/^ *stack:/.test(line)) stack = true;
  if (/^ *\.\.\.$/.test(line)) stack = false;
  if (!stack && !/duration_ms/.test(line)) console.log(line);
}
