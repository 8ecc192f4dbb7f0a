// Which events of which categories a program leaves in its trace file.
'use strict';
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');

const script = `
  const { createTracing, getEnabledCategories } = require('node:trace_events');
  console.log(getEnabledCategories());
  const tracing = createTracing({ categories: ['node.console', 'node.perf'] });
  console.log(tracing);
  tracing.enable();
  console.log(getEnabledCategories(), tracing.enabled);
  console.count('counted');
  console.time('timed'); console.timeEnd('timed');
  tracing.disable();
  console.count('not traced');
`;
for (const args of [[], ['--trace-event-categories', 'node.async_hooks', '--trace-event-file-pattern', 'other.\${rotation}.json']]) {
  const { stdout } = spawnSync(process.execPath, [...args, '-e', script], { encoding: 'utf8' });
  console.log(stdout.replace(/timed: .*/, 'timed'));
  const [name] = fs.readdirSync('.').filter((file) => /^node_trace|^other/.test(file));
  const { traceEvents } = JSON.parse(fs.readFileSync(name, 'utf8'));
  const shown = traceEvents.filter(({ cat }) => cat === 'node,node.console').map(({ ph, name, args }) => `${ph} ${name} ${args.data ?? ''}`);
  console.log(name, shown, traceEvents.some(({ cat }) => cat === 'node,node.async_hooks'));
  const process_ = traceEvents.find(({ ph, name }) => ph === 'M' && name === 'thread_name');
  console.log(process_.args, traceEvents.every(({ pid, tid, ts }) => pid > 0 && tid > 0 && ts >= 0));
  fs.rmSync(name);
}
for (const wrong of [{}, { categories: [] }, { categories: 'x' }]) {
  try {
    require('node:trace_events').createTracing(wrong);
  } catch (error) {
    console.log(error.code);
  }
}
