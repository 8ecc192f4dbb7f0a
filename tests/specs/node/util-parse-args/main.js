const { parseArgs } = require('util');
const options = { verbose: { type: 'boolean', short: 'v' }, name: { type: 'string', short: 'n', default: 'd' }, list: { type: 'string', multiple: true } };
const show = (args, more) => { try { const { values, positionals } = parseArgs({ args, options, ...more }); console.log({ ...values }, positionals); } catch (error) { console.log(error.code, error.message); } };
show(['-v', '--name', 'x', '--list=a', '--list', 'b']);
show(['pos', '--', '-v'], { allowPositionals: true });
show(['pos']); show(['--nope']); show(['--name']); show(['--no-verbose'], { allowNegative: true }); show(['--zzz', 'y'], { strict: false });
