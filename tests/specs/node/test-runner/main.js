const test = require('node:test');
const assert = require('assert');
const { after, before, beforeEach, describe, it, mock } = test;

const order = [];
describe('suite', () => {
  before(() => order.push('before'));
  beforeEach(() => order.push('each'));
  it('passes', () => assert.ok(true));
  it('awaits', async (t) => {
    const fn = t.mock.fn((x) => x + 1);
    assert.strictEqual(fn(1), 2);
    assert.strictEqual(fn.mock.callCount(), 1);
    await null;
    order.push('awaited');
  });
  it.skip('skipped', () => order.push('never'));
  after(() => order.push('after'));
});
test('nested', async (t) => {
  await t.test('inner', () => order.push('inner'));
});
mock.timers.enable({ apis: ['setTimeout'] });
setTimeout(() => order.push('mocked'), 1000);
mock.timers.tick(1000);
mock.timers.reset();
// The report on stdout has durations in it, so it is replaced by what happened.
process.stdout.write = () => true;
process.on('exit', () => require('fs').writeSync(1, `${order.join('\n')}\n`));
