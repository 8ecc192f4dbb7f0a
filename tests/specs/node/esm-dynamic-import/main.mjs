import { createRequire } from 'node:module';
import data from './data.json' with { type: 'json' };
const require = createRequire(import.meta.url);
console.log(data, import.meta.filename.endsWith('main.mjs'), import.meta.main, typeof import.meta.resolve('node:fs'));
console.log(await import('./cjs.cjs'), (await import('data:text/javascript,export default 5')).default, require('./cjs.cjs').a);
const made = new Function('id', 'return import(id)');
console.log((await made('./other.mjs')).value);
for (const id of ['./missing.mjs', 'no-such-package', 'node:nope', './data.json']) await import(id).catch((error) => console.log(error.code));
