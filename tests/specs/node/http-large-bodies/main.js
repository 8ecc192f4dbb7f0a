// Bodies that do not fit anywhere as a whole: each way, by http and by fetch.
const http = require('http');
const { Readable } = require('stream');
const { pipeline } = require('stream/promises');
const TOTAL = 96 << 20;
const piece = Buffer.alloc(65536, 'a');
const body = () => {
  let left = TOTAL;
  return new Readable({ read() { left -= piece.length; this.push(left < 0 ? null : piece); } });
};
const server = http.createServer(async (req, res) => {
  if (req.method === 'GET') return pipeline(body(), res);
  let count = 0;
  for await (const chunk of req) count += chunk.length;
  res.end(String(count));
});
server.listen(0, '127.0.0.1', async () => {
  const url = `http://127.0.0.1:${server.address().port}/`;
  let count = 0;
  const res = await new Promise((resolve) => http.get(url, resolve));
  for await (const chunk of res) count += chunk.length;
  console.log('down', count === TOTAL);
  const req = http.request(url, { method: 'POST' });
  const answer = new Promise((resolve) => req.on('response', resolve));
  await pipeline(body(), req);
  console.log('up', Number((await (await answer).toArray()).join('')) === TOTAL);
  count = 0;
  for await (const chunk of (await fetch(url)).body) count += chunk.length;
  console.log('fetched', count === TOTAL);
  server.close();
  server.closeAllConnections();
});
