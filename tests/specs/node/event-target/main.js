const target = new EventTarget();
const handler = { handleEvent(event) { console.log('object', event.type, event.detail, this === handler); } };
target.addEventListener('x', handler);
target.addEventListener('x', (event) => { console.log('once', event.eventPhase); event.preventDefault(); }, { once: true });
console.log(target.dispatchEvent(new CustomEvent('x', { detail: 5, cancelable: true })), target.dispatchEvent(new CustomEvent('x', { detail: 6 })));
const controller = new AbortController();
target.addEventListener('y', () => console.log('never'), { signal: controller.signal });
controller.abort();
target.dispatchEvent(new Event('y'));
console.log(AbortSignal.abort('why').reason, AbortSignal.any([controller.signal]).aborted);
AbortSignal.timeout(5).addEventListener('abort', (event) => console.log(event.target.reason.name));
try { controller.signal.throwIfAborted(); } catch (error) { console.log(error.name, error.code); }

