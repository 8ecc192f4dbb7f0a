import { register } from 'node:module';
register('./hooks.mjs', import.meta.url, { data: { given: 1 } });
