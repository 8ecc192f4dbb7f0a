import { ok } from './dep.js';
console.log(ok, typeof require, import.meta.url.slice(-7));
