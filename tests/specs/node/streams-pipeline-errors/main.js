const { pipeline, Readable, Transform, Writable, finished, compose, addAbortSignal } = require('stream');
const { pipeline: promised } = require('stream/promises');
const upper = () => new Transform({ transform(chunk, _, done) { done(null, String(chunk).toUpperCase()); } });
pipeline(Readable.from(['a', 'b']), upper(), async function* (source) { for await (const chunk of source) yield `<${chunk}>`; }, new Writable({ write(chunk, _, done) { console.log(String(chunk)); done(); } }), (error) => console.log('done', error));
(async () => {
  await promised(Readable.from([1]), new Transform({ objectMode: true, transform(_, __, done) { done(new TypeError('bad')); } }), new Writable({ objectMode: true, write(_, __, d) { d(); } })).catch((error) => console.log(error.name, error.message));
  const cut = new Readable({ read() {} });
  finished(cut, (error) => console.log(error.code));
  cut.destroy();
  const controller = new AbortController();
  const read = addAbortSignal(controller.signal, new Readable({ read() {} }));
  read.on('error', (error) => console.log(error.name));
  controller.abort();
  console.log(await Readable.from([1, 2, 3, 4]).filter((n) => n % 2).map((n) => n * 10).toArray());
  console.log(await compose(async function* (source) { for await (const c of source) yield String(c).length; }).end('hello').toArray());
})();
