const { EventEmitter, once, on, getEventListeners, errorMonitor, captureRejectionSymbol } = require('events');
const emitter = new EventEmitter({ captureRejections: true });
emitter[captureRejectionSymbol] = (error, event) => console.log('captured', event, error.message);
emitter.on('async', async () => { throw new Error('late'); });
emitter.emit('async');
emitter.on(errorMonitor, (error) => console.log('monitor', error.message));
try { emitter.emit('error', new Error('unhandled')); } catch (error) { console.log('thrown', error.message); }
(async () => {
  setImmediate(() => emitter.emit('ready', 1, 2));
  console.log(await once(emitter, 'ready'));
  const controller = new AbortController();
  setImmediate(() => { emitter.emit('tick', 'a'); emitter.emit('tick', 'b'); controller.abort(); });
  try { for await (const [value] of on(emitter, 'tick', { signal: controller.signal })) console.log(value); } catch (error) { console.log(error.name, error.code); }
  console.log(getEventListeners(emitter, 'tick').length, emitter.eventNames());
  emitter.setMaxListeners(1).prependOnceListener('x', () => console.log('first')); emitter.once('x', () => console.log('second'));
  console.log(emitter.emit('x'), emitter.emit('x'), emitter.listenerCount('async'));
})();
