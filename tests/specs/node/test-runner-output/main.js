const { spawnSync } = require('child_process');
const fs = require('fs');
fs.writeFileSync('/tmp/some.test.js', `const { test, describe, it, mock, before } = require('node:test'); const assert = require('assert');
test('passes', () => {}); test('skips', { skip: 'why' }, () => {}); test('todo', { todo: true }, () => {});
describe('suite', () => { before(() => {}); it('nested', async () => { await null; });});
test('mocks', () => { const fn = mock.fn((a) => a + 1); fn(1); assert.strictEqual(fn.mock.calls[0].result, 2); });`);
const { stdout, status } = spawnSync(process.execPath, ['--test', '--test-reporter=tap', '/tmp/some.test.js'], { encoding: 'utf8' });
console.log(status, stdout.split('\n').filter((line) => /^ *(not )?ok |^# (tests|pass|fail|skipped|todo) /.test(line)).join('\n'));
