// Every module can be imported whole, though parts of some are missing in a container.
import { builtinModules } from 'node:module';
for (const name of builtinModules) {
  if (/^_/.test(name) || ['inspector', 'inspector/promises', 'wasi', 'sys', 'punycode', 'trace_events'].includes(name)) continue;
  const namespace = await import(name);
  console.log(name, typeof namespace.default, Object.keys(namespace).length > 1);
}
console.log(navigator.language, navigator.languages);
