// Run by the pinned Node binary with --expose-internals: writes the sources of its JavaScript library and the shape of
// every native binding into the directory given as the argument.
'use strict';
const fs = require('fs');
const path = require('path');
const { internalBinding } = require('internal/test/binding');
const out = process.argv[2];

const natives = process.binding('natives');
for (const id of Object.keys(natives)) {
  if (typeof natives[id] !== 'string') continue;
  const file = path.join(out, 'lib', `${id}.js`);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, natives[id]);
}

const BINDINGS = [
  'async_context_frame', 'async_wrap', 'blob', 'block_list', 'buffer', 'builtins', 'cares_wrap', 'cjs_lexer', 'config',
  'constants', 'contextify', 'credentials', 'crypto', 'diagnostics_channel', 'encoding_binding', 'errors', 'fs', 'fs_dir',
  'fs_event_wrap', 'heap_utils', 'http2', 'http_parser', 'icu', 'inspector', 'js_stream',
  'js_udp_wrap', 'locks', 'messaging', 'mksnapshot', 'module_wrap', 'modules', 'options', 'os', 'performance', 'permission',
  'pipe_wrap', 'process_methods', 'process_wrap', 'profiler', 'report', 'sea', 'serdes', 'signal_wrap', 'spawn_sync', 'sqlite',
  'stream_pipe', 'stream_pipe', 'stream_wrap', 'string_decoder', 'symbols', 'task_queue', 'tcp_wrap', 'timers', 'tls_wrap', 'trace_events', 'tty_wrap',
  'types', 'udp_wrap', 'url', 'url_pattern', 'util', 'uv', 'v8', 'wasi', 'wasm_web_api', 'watchdog', 'webstorage',
  'worker', 'zlib',
];

// What a value is, as JSON: primitives as they are, everything else as an object with the tag `$`.
function shape(value, depth, skip) {
  if (value === null || ['string', 'boolean'].includes(typeof value)) return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : { $: 'number', text: String(value) };
  if (typeof value === 'undefined') return { $: 'undefined' };
  if (typeof value === 'bigint') return { $: 'bigint', text: String(value) };
  if (typeof value === 'symbol') return { $: 'symbol', description: value.description };
  if (typeof value === 'function') return functionShape(value, depth);
  if (ArrayBuffer.isView(value)) return { $: 'view', type: value.constructor.name, length: value.length ?? value.byteLength };
  if (depth > 6) return { $: 'deep' };
  if (Array.isArray(value)) return { $: 'array', items: value.map((item) => shape(item, depth + 1)) };
  if (require('util').types.isMap(value)) {
    return { $: 'map', entries: [...Map.prototype.entries.call(value)].map(([k, v]) => [shape(k, depth + 1), shape(v, depth + 1)]) };
  }
  const props = {};
  for (const key of Object.getOwnPropertyNames(value)) {
    if (skip?.includes(key)) continue;
    props[key] = shape(value[key], depth + 1);
  }
  return { $: 'object', nullPrototype: Object.getPrototypeOf(value) === null, props };
}

function functionShape(fn, depth) {
  const result = { $: 'function', name: fn.name, length: fn.length };
  const methods = fn.prototype && Object.getOwnPropertyNames(fn.prototype).filter((key) => key !== 'constructor');
  if (methods?.length) result.methods = methods;
  const inherited = [];
  for (let p = fn.prototype && Object.getPrototypeOf(fn.prototype); p && p !== Object.prototype; p = Object.getPrototypeOf(p)) {
    inherited.push(...Object.getOwnPropertyNames(p).filter((key) => key !== 'constructor'));
  }
  if (inherited.length) result.inherited = inherited;
  const statics = {};
  for (const key of Object.getOwnPropertyNames(fn)) {
    if (!['length', 'name', 'prototype', 'caller', 'arguments'].includes(key)) statics[key] = shape(fn[key], depth + 1);
  }
  if (Object.keys(statics).length) result.statics = statics;
  return result;
}

const bindings = {};
for (const name of BINDINGS) {
  bindings[name] = shape(internalBinding(name), 0, name === 'builtins' ? ['natives', 'builtinCategories'] : undefined);
}
const options = internalBinding('options');
const calls = {
  'options.getCLIOptionsValues': shape(options.getCLIOptionsValues(), 0),
  'options.getCLIOptionsInfo': shape(options.getCLIOptionsInfo(), 0),
  'options.getEmbedderOptions': shape(options.getEmbedderOptions(), 0),
  'uv.getErrorMap': shape(internalBinding('uv').getErrorMap(), 0),
  'crypto.getHashes': shape(internalBinding('crypto').getHashes(), 0),
  'crypto.getCiphers': shape(internalBinding('crypto').getCiphers(), 0),
};
// V8's options by their names: the program takes them as Node does, whatever they mean to another engine.
const v8Options = require('node:child_process').execFileSync(process.execPath, ['--v8-options'], { encoding: 'utf8' });
calls['v8.options'] = [...v8Options.matchAll(/^  --([a-z][\w-]*) \(/gm)].map(([, name]) => name).join(' ');
const processShape = {
  version: process.version, versions: process.versions, release: process.release, features: shape(process.features, 0),
  config: process.config, moduleLoadList: process.moduleLoadList,
};
fs.writeFileSync(path.join(out, 'bindings.json'), JSON.stringify({ bindings, calls, process: processShape }));
// What Node trusts: `tls.rootCertificates`.
fs.writeFileSync(path.join(out, 'roots.pem'), internalBinding('crypto').getBundledRootCertificates().join('\n'));
