// The words of `import.meta` may stand apart, as bundlers leave them.
import { createRequire } from 'node:module';

const require = createRequire(import /*::(_)*/.meta.url);
console.log(typeof require.resolve);
console.log(import
  .meta.filename === import . /* and here */ meta.filename);
