queueMicrotask(() => { throw new Error('mt') })
