// assert.ok quotes the expression that failed.
const assert = require('assert');

const message = (fn) => {
  try {
    fn();
  } catch (error) {
    console.log(error.code, error.message);
  }
};
const value = 0;
message(() => { assert(value === 1); });
message(() => { assert.ok(value); });
message(() => { assert.equal(value, 1); });
message(() => { assert(value, 'my own words'); });
message(() => { assert.ok(); });
message(() => { assert.ok(typeof value === 'string' && value.length > 3); });
