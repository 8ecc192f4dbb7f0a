import def, { named, live, bump } from './a.mjs'; import * as ns from './a.mjs'; import cjs, { one } from './c.cjs'; import json from './d.json' with { type: 'json' }; import { kind } from 'dual'; import { x } from '#internal';
import fs, { readFileSync } from 'node:fs'; import { createRequire } from 'module'; import './side.mjs';
console.log(def, named, live, bump(), live, Object.keys(ns), ns[Symbol.toStringTag], cjs, one, json, kind, x);
console.log(import.meta.url.endsWith('/main.mjs'), import.meta.filename.endsWith('main.mjs'), import.meta.dirname === import.meta.filename.slice(0, -9), import.meta.resolve('./a.mjs').endsWith('a.mjs'), readFileSync === fs.readFileSync, typeof require, this);
const dynamic = await import('./a.mjs'); console.log(dynamic === ns, (await import('./c.cjs')).default === cjs);
for (const id of ['./none.mjs', 'nopackage', './missing.mjs', './syntax.mjs', './throws.mjs', 'dual/private', './d.json']) { try { await import(id); } catch (e) { console.log(e.name, e.code, e.message.split('\n')[0].replaceAll(import.meta.dirname, '.').replace(/file:\/\/\S*\//g, '')); } }
const { tla } = await import('./tla.mjs'); console.log(tla); const r = createRequire(import.meta.url); console.log(r('./c.cjs') === cjs, r('./a.mjs').default); try { r('./tla.mjs'); } catch (e) { console.log(e.code); }
try { ns.named = 1; } catch (e) { console.log(e.name); } import { even, odd } from './cyc1.mjs'; console.log(even(10), odd(7)); export { def as reexported };
