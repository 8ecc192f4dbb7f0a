// What a hooks' thread prints goes through the main thread, which waits for the thread meanwhile.
export async function initialize(data) { console.log('initialized', data); }
export async function load(url, context, next) { return next(url, context); }
