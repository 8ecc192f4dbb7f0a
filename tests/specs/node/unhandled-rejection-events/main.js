process.on('unhandledRejection', (reason, promise) => { console.log('unhandled', reason, promise instanceof Promise); promise.catch(() => {}); });
process.on('rejectionHandled', (promise) => console.log('handled later', promise instanceof Promise));
Promise.reject(1); Promise.reject(2).catch(() => {}); (async () => { throw 3; })(); const p = Promise.reject(4); setImmediate(() => p.catch(() => {})); Promise.all([Promise.reject(5), Promise.reject(6)]).catch((e) => console.log('all', e)); new Promise((_, r) => { r(7); r(8); throw 9; }).finally(() => console.log('finally'));
