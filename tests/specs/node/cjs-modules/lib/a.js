globalThis.n = (globalThis.n || 0) + 1; exports.name = 'a'; exports.count = globalThis.n;
