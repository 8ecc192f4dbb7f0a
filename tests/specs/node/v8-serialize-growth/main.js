// Messages of every length, across the sizes at which the serialiser's buffer grows.
const v8 = require('v8');
const assert = require('assert');
for (let size = 0; size < 1200; size += 1) {
  const value = { text: 'x'.repeat(size), list: [1, -2, 3.5, 2n ** 80n, null, undefined, true], wide: 'ж'.repeat(size % 7), after: { deep: [size] } };
  assert.deepStrictEqual(v8.deserialize(v8.serialize(value)), value);
}
const bytes = v8.serialize(Array.from({ length: 500 }, (_, i) => ({ [`key${i}`]: i, b: BigInt(i) ** 9n })));
console.log(bytes.length, require('crypto').createHash('sha256').update(bytes).digest('hex'));
