import { odd } from './cyc2.mjs'; export { odd }; export function even(n) { return n === 0 || odd(n - 1); }
