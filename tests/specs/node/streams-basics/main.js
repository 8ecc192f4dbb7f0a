const { Readable, Writable, Duplex, Transform, PassThrough, pipeline, finished, addAbortSignal } = require('stream');
(async () => {
  console.log(await Readable.from([1, 2, 3, 4]).filter((x) => x % 2 === 0).map((x) => x * 10).toArray());
  const w = new Writable({ objectMode: true, highWaterMark: 2, write(c, e, cb) { console.log('w', c); setImmediate(cb); }, final(cb) { console.log('final'); cb(); } });
  console.log(w.write('a'), w.write('b'), w.write('c')); w.end('d'); await new Promise((r) => finished(w, r));
  await new Promise((r) => pipeline(Readable.from(['x', 'y']), new Transform({ transform(c, e, cb) { this.push(c + c); cb(); }, flush(cb) { this.push('!'); cb(); } }), async function* (src) { for await (const c of src) yield String(c).toUpperCase(); }, new Writable({ write(c, e, cb) { console.log('got', c.toString()); cb(); } }), (err) => { console.log('done', err); r(); }));
  await new Promise((r) => pipeline(Readable.from(['x']), new Transform({ transform(c, e, cb) { cb(new Error('boom')); } }), new PassThrough(), (err) => { console.log(err.message); r(); }));
  const r = new Readable({ read() {} }); r.setEncoding('utf8'); r.push(Buffer.from([0xe2, 0x82])); r.push(Buffer.from([0xac])); r.push(null); for await (const c of r) console.log(c);
  const d = new Duplex({ read() { this.push('from duplex'); this.push(null); }, write(c, e, cb) { console.log('to', c.toString()); cb(); } }); d.write('z'); d.end(); console.log(String((await d.toArray()).join('')));
  const ac = new AbortController(); const slow = addAbortSignal(ac.signal, new Readable({ read() {} })); slow.on('error', (e) => console.log(e.name, e.code)); ac.abort(); await new Promise((r) => slow.on('close', r));
  const rs = new ReadableStream({ start(c) { c.enqueue('web'); c.close(); } }); for await (const c of rs) console.log(c);
  console.log(await new Response('body').text(), (await new Blob(['a', 'b']).text()));
})();
