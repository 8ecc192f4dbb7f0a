const { EventEmitter, once, on } = require('events');
const e = new EventEmitter();
e.on('newListener', (name) => console.log('new', name));
e.once('a', (x) => console.log('once', x));
e.prependListener('a', (x) => console.log('first', x));
console.log(e.emit('a', 1), e.emit('a', 2), e.emit('none'), e.listenerCount('a'), e.eventNames());
try { e.emit('error', new Error('unhandled')); } catch (error) { console.log(error.message); }
try { e.emit('error', { not: 'an error' }); } catch (error) { console.log(error.code, error.message); }
e.setMaxListeners(1);
(async () => {
  setTimeout(() => e.emit('later', 1, 2), 1);
  console.log(await once(e, 'later'));
  setTimeout(() => { e.emit('it', 1); e.emit('it', 2); }, 1);
  for await (const [value] of on(e, 'it')) { console.log('it', value); if (value === 2) break; }
  const target = new EventTarget();
  target.addEventListener('x', (event) => console.log(event.type, event.defaultPrevented, event instanceof Event));
  target.dispatchEvent(new Event('x'));
  const ac = new AbortController();
  ac.signal.addEventListener('abort', () => console.log('aborted', ac.signal.reason.name));
  ac.abort();
})();
