const fs = require('fs'), path = require('path'), os = require('os'); const { pipeline } = require('stream/promises'); const { Transform } = require('stream');
(async () => {
  const file = path.join(os.tmpdir(), `spec-${process.pid}-${Math.random()}`); const data = Buffer.from(Array.from({ length: 200000 }, (_, i) => i % 251));
  const w = fs.createWriteStream(file); let drained = 0; w.on('drain', () => drained++); for (let i = 0; i < data.length; i += 10000) if (!w.write(data.subarray(i, i + 10000))) await new Promise((r) => w.once('drain', r)); await new Promise((r) => w.end(r)); console.log(w.bytesWritten, drained > 0);
  let n = 0, chunks = 0; for await (const c of fs.createReadStream(file, { highWaterMark: 30000 })) { n += c.length; chunks++; } console.log(n, chunks);
  const part = []; for await (const c of fs.createReadStream(file, { start: 5, end: 14 })) part.push(...c); console.log(part);
  await pipeline(fs.createReadStream(file), new Transform({ transform(c, e, cb) { cb(null, c.map((b) => b ^ 255)); } }), fs.createWriteStream(file + '2')); const x = fs.readFileSync(file + '2'); console.log(x.length, x.every((b, i) => b === (data[i] ^ 255)));
  fs.createReadStream(file + 'none').on('error', (e) => console.log(e.code, e.syscall)).on('close', () => { console.log('closed'); fs.unlinkSync(file); fs.unlinkSync(file + '2'); });
})();
