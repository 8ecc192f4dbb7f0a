/** Recursion in a page: programs get as deep as natively, and beyond that an error that can be caught. */
import { assertEqual } from './harness.mjs';

/** Prints how deep each way of recursing got, and what ended it. */
const RECURSES = `
const deepest = (step) => { let depth = 0; const go = () => { depth++; return step(go); }; try { go(); } catch (error) { return error.constructor.name + ' ' + (depth > +process.argv[2]); } };
console.log(deepest((go) => go() + 1));
console.log(deepest((go) => [0].map(go)));
console.log(deepest((go) => 'a'.replace(/a/, go)));
console.log(deepest((go) => new Proxy({}, { get: go }).x));
console.log(deepest((go) => ({ toString: go }) + ''));
console.log(deepest((go) => JSON.stringify({ toJSON: go })));
console.log(deepest((go) => Reflect.construct(class { constructor() { go(); } }, [])));
console.log(deepest((go) => [...(function* () { yield go(); })()]));
const attempt = (act) => { try { return act(); } catch (error) { return error.constructor.name; } };
const nested = (levels) => { let value = []; for (let level = 0; level < levels; level++) value = [value]; return value; };
for (const levels of [1500, 100_000]) {
  console.log(attempt(() => JSON.parse('['.repeat(levels) + ']'.repeat(levels)).length));
  console.log(attempt(() => JSON.stringify(nested(levels)).length));
  console.log(attempt(() => nested(levels).flat(Infinity).length));
}
for (const levels of [400, 50_000]) {
  console.log(attempt(() => (0, eval)('('.repeat(levels) + '1' + ')'.repeat(levels))));
  console.log(attempt(() => (0, eval)('{'.repeat(levels) + '2' + '}'.repeat(levels))));
}
console.log('still here', deepest((go) => go()));
`;

const recurse = async (page, options, depth) => {
  const { stdout, stderr, exitCode } = await page.evaluate(
    async ([script, options, depth]) => {
      const { OpenAgentsContainer } = await import('/index.js');
      const container = await OpenAgentsContainer.boot({ serviceWorker: false, ...options });
      await container.fs.writeFile('recurses.js', script);
      return container.exec('node', ['recurses.js', String(depth)]);
    },
    [RECURSES, options, depth],
  );
  assertEqual([stderr, exitCode], ['', 0], 'stderr, and the exit code');
  const lines = stdout.trim().split('\n');
  assertEqual(lines.slice(0, 8), Array(8).fill('RangeError true'), `recursion deeper than ${depth}`);
  return lines.slice(8);
};

const DEEP = ['1', '3002', '0', 'RangeError', 'RangeError', 'RangeError', '1', '2', 'RangeError', 'RangeError', 'still here RangeError true'];

export const checks = [
  {
    name: 'depth: thousands of calls, and a RangeError beyond',
    run: async (page) => {
      const rest = await recurse(page, {}, 1000);
      assertEqual(rest, DEEP, 'what else is nested');
    },
  },
  {
    name: 'depth: likewise in a page that is not isolated',
    isolation: false,
    run: async (page) => {
      const rest = await recurse(page, {}, 1000);
      assertEqual(rest, DEEP, 'what else is nested');
    },
  },
];
