// When `destroy` hooks run: after the resource's end, in the check phase, before `beforeExit`.
'use strict';
const { AsyncResource, createHook } = require('node:async_hooks');
const fs = require('node:fs');
const net = require('node:net');

const lives = new Map();
const log = [];
createHook({
  init(id, type) { lives.set(id, type); log.push(`init ${type}`); },
  before(id) { log.push(`before ${lives.get(id)}`); },
  after(id) { log.push(`after ${lives.get(id)}`); },
  destroy(id) { log.push(`destroy ${lives.get(id)}`); },
}).enable();

setTimeout(() => {}, 30);
queueMicrotask(() => {});
process.on('beforeExit', () => log.push('beforeExit'));
process.on('exit', () => process._rawDebug(log.join('\n')));
new AsyncResource('Own').emitDestroy();
setTimeout(() => fs.access('main.js', () => {
  net.createServer().listen(0, function listening() { this.close(); });
}), 60);
