'use strict';
// A small seeded generator, so that running the scripts again writes the same files.
exports.random = (seed) => {
  let state = seed >>> 0;
  const next = (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  next.pick = (list) => list[next(list.length)];
  next.bytes = (length, alphabet) =>
    Buffer.from(Array.from({ length }, () => (alphabet ? next.pick(alphabet) : next(256))));
  return next;
};
// Strings travel as UTF-16LE in hex, because JSON readers outside JavaScript refuse lone surrogates.
exports.units = (text) => Buffer.from(text, 'utf16le').toString('hex');
exports.hex = (bytes) => Buffer.from(bytes).toString('hex');
exports.save = (name, cases) => {
  const lines = cases.map((one) => JSON.stringify(one)).join(',\n');
  require('fs').writeFileSync(require('path').join(__dirname, '..', 'data', `${name}.json`), `[\n${lines}\n]\n`);
};
