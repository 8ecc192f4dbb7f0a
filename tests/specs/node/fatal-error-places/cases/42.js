new Promise((_, r) => setImmediate(() => r(new Error('late'))))
