import { even } from './cyc1.mjs'; export function odd(n) { return n !== 0 && even(n - 1); }
