/** The package where there is no page: `node tests/browser/runtimes.mjs ENTRY` prints what it saw. Node takes dist/node.js, Bun and Deno dist/index.js. */
const { OpenAgentsContainer } = await import(new URL(`../../js/dist/${process.argv[2]}`, import.meta.url).href);
const container = await OpenAgentsContainer.boot();
await container.mount({ 's.js': { file: { contents: "require('http').createServer((q, r) => r.end('served ' + q.url)).listen(3000)" } } });
const { stdout, exitCode } = await container.exec('node -p "[1,2].map((x) => x * 2)"; exit 3');
const ready = new Promise((resolve) => container.on('server-ready', resolve));
await container.spawn('node', ['s.js']);
await ready;
const served = await (await container.fetch(3000, '/x')).text();
const loop = await container.exec('node', ['-e', 'for (;;);'], { timeout: 300 }).catch((error) => error.code);
const missing = await container.spawn('none').catch((error) => error.code);
container.teardown();
console.log(JSON.stringify({ mode: container.mode.isolation, stdout, exitCode, served, loop, missing }));
