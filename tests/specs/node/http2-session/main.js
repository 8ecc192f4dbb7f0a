// HTTP/2 in clear text: streams, both directions, trailers, settings, pings, pushes, resets, the end of a session.
const http2 = require('http2');
let pushedText;
const server = http2.createServer({ settings: { maxConcurrentStreams: 50 } });
server.on('stream', (stream, headers) => {
  const path = headers[':path'];
  if (path === '/echo') {
    stream.respond({ ':status': 200, 'x-method': headers[':method'] });
    stream.pipe(stream);
  } else if (path === '/trailers') {
    stream.respond({ ':status': 200 }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'x-end': 'yes' }));
    stream.end('body');
  } else if (path === '/push') {
    stream.pushStream({ ':path': '/pushed' }, (error, pushed) => {
      pushed.respond({ ':status': 200, 'x-pushed': '1' });
      pushed.end('pushed body');
    });
    stream.respond({ ':status': 200 });
    stream.end('pushing');
  } else if (path === '/info') {
    stream.additionalHeaders({ ':status': 103, link: '</a>' });
    stream.respond({ ':status': 204 }, { endStream: true });
  } else if (path === '/reset') {
    stream.on('error', (error) => console.log('server stream', error.code));
    stream.close(http2.constants.NGHTTP2_ENHANCE_YOUR_CALM);
  } else {
    stream.respond({ ':status': 404, 'content-type': 'text/plain', 'set-cookie': ['a=1', 'b=2'] });
    stream.end(`nothing at ${path}`);
  }
});
server.on('session', (session) => session.on('error', (error) => console.log('session', error.code)));
const read = (stream) => new Promise((resolve, reject) => {
  const chunks = [];
  let head;
  stream.on('response', (headers) => { head = headers; });
  stream.on('headers', (headers) => console.log('headers', headers[':status'], headers.link));
  stream.on('trailers', (headers) => console.log('trailers', headers['x-end']));
  stream.on('data', (chunk) => chunks.push(chunk));
  stream.on('end', () => resolve([head, Buffer.concat(chunks)]));
  stream.on('error', reject);
});
server.listen(0, async () => {
  const client = http2.connect(`http://localhost:${server.address().port}`);
  client.on('stream', (pushed, request) => {
    console.log('push promise', request[':path']);
    pushed.on('push', (headers) => console.log('push', headers[':status'], headers['x-pushed']));
    pushed.setEncoding('utf8').on('data', (text) => { pushedText = text; });
  });
  await new Promise((resolve) => client.once('remoteSettings', (settings) => resolve(console.log(settings.maxConcurrentStreams, settings.initialWindowSize))));
  let [head, body] = await read(client.request({ ':path': '/nothing' }));
  console.log(head[':status'], head['content-type'], head['set-cookie'], String(body));
  const post = client.request({ ':path': '/echo', ':method': 'POST' });
  const large = Buffer.alloc(400000, '0123456789');
  post.end(large);
  [head, body] = await read(post);
  console.log(head[':status'], head['x-method'], body.length, body.equals(large));
  [head, body] = await read(client.request({ ':path': '/trailers' }));
  console.log(head[':status'], String(body));
  [head, body] = await read(client.request({ ':path': '/info' }));
  console.log(head[':status'], body.length);
  [head, body] = await read(client.request({ ':path': '/push' }));
  console.log(head[':status'], String(body));
  while (pushedText === undefined) await new Promise(setImmediate);
  console.log(pushedText);
  await read(client.request({ ':path': '/reset' })).catch((error) => console.log(error.code, error.message));
  const all = await Promise.all(Array.from({ length: 20 }, (_, i) => read(client.request({ ':path': `/many/${i}` }))));
  console.log(all.length, String(all[19][1]));
  await new Promise((resolve) => client.ping(Buffer.from('12345678'), (error, ms, payload) => resolve(console.log(error, typeof ms, String(payload)))));
  await new Promise((resolve) => client.settings({ initialWindowSize: 100000 }, (error, settings) => resolve(console.log(error, settings.initialWindowSize))));
  console.log(http2.getPackedSettings({ enablePush: false, maxFrameSize: 20000 }), http2.getUnpackedSettings(http2.getPackedSettings({ headerTableSize: 1 })));
  client.close(() => console.log('client closed', client.destroyed));
  server.close(() => console.log('server closed'));
});
