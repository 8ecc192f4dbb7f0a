// `assert.deepEqual` compares arrays and typed arrays by elements and enumerable properties, symbols left out.
const assert = require('assert');
const extra = (array, key, value) => Object.assign(array, { [key]: value });
const pairs = [
  [['a'], ['a']], [[1, , 2], [1, , 2]], [[], []], [[1], ['1']], [['a'], ['b']], [extra([1], 'x', 1), [1]], [extra([1], 'x', 1), extra([1], 'x', 1)],
  [extra([1], Symbol.for('s'), 1), [1]], [new Uint8Array([1]), new Uint8Array([1])], [Buffer.from('a'), Buffer.from('b')],
  [new Set([[1]]), new Set([[1]])], [new Map([[{}, [1]]]), new Map([[{}, [1]]])],
];
for (const [actual, expected] of pairs) {
  for (const how of ['deepEqual', 'deepStrictEqual', 'partialDeepStrictEqual']) {
    let result = 'equal';
    try {
      assert[how](actual, expected);
    } catch (error) {
      result = error.code;
    }
    console.log(how, actual, expected, result);
  }
}
