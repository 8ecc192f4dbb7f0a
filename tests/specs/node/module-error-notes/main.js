// What Node says about modules that do not load, and where.
const { spawnSync } = require('child_process');
const fs = require('fs');
fs.mkdirSync('/tmp/m/node_modules/broken', { recursive: true });
fs.mkdirSync('/tmp/m/node_modules/empty', { recursive: true });
const files = {
  'export.cjs': '\nexport default 1;\n', 'import.cjs': 'import x, { y } from "xyz"\n', 'named.cjs': 'module.exports = { ...{ hidden: 1 } };\n',
  'from-a-file-with-quite-a-long-name-that-goes-on-and-on-and-on.mjs': "export const a = 1;\n",
  'missing.mjs': "import { a, nothing } from './from-a-file-with-quite-a-long-name-that-goes-on-and-on-and-on.mjs';\n",
  'hidden.mjs': "import { hidden } from './named.cjs';\n",
  'cycle.cjs': "const a = require('./cycle.mjs'); module.exports = a;\n", 'cycle.mjs': "import b from './cycle.cjs'; export default b;\n",
  'unsettled.mjs': 'const wait = 1;\nawait new Promise(() => {});\n', 'asynchronous.mjs': 'await 1;\n', 'require-asynchronous.cjs': "require('./asynchronous.mjs');\n",
  'node_modules/broken/package.json': '{', 'node_modules/empty/package.json': '{ "main": "nope.js" }', 'broken.mjs': "import 'broken';\n", 'empty.mjs': "import 'empty';\n",
};
for (const [name, text] of Object.entries(files)) fs.writeFileSync(`/tmp/m/${name}`, text);
const run = (...args) => {
  const { stderr, status } = spawnSync(process.execPath, args, { cwd: '/tmp/m', encoding: 'utf8' });
  const lines = stderr.split('\n').filter((line) => !/^ {4}at |^ *\^*$/.test(line)).map((line) => line.replace(/\(node:\d+\)/, '(node:1)'));
  console.log(args.join(' '), status, lines.slice(0, 8));
};
for (const name of ['export.cjs', 'import.cjs', 'hidden.mjs', 'cycle.mjs', 'cycle.cjs', 'unsettled.mjs', 'require-asynchronous.cjs', 'empty.mjs']) run(name);
run('missing.mjs');
run('broken.mjs');
run('--input-type=module', '-e', 'await new Promise(() => {})');
run('--no-warnings', 'unsettled.mjs');
