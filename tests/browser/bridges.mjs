/** What a page in a preview can do beyond asking: WebSockets, cookies, messages to the page around it, other ports, a tab of its own. */
import { assertEqual, assertIncludes } from './harness.mjs';

/** A page, an echoing WebSocket server as RFC 6455 has it, cookies, ranges, a stream without end. */
const SERVER = `
const http = require('http'), crypto = require('crypto');
const bytes = Buffer.from('0123456789');
http.createServer((request, response) => {
  const url = new URL(request.url, 'http://x');
  if (url.pathname === '/login') {
    response.setHeader('set-cookie', ['session=secret; HttpOnly; Path=/', 'theme=dark; Path=/', 'deep=1; Path=/deep', 'old=1; Max-Age=0']);
    return response.writeHead(302, { location: '/' }).end();
  }
  if (url.pathname === '/cookies') return response.end(request.headers.cookie ?? 'none');
  if (url.pathname === '/logout') return response.setHeader('set-cookie', 'theme=; Max-Age=0; Path=/').end('bye');
  if (url.pathname === '/range') {
    const match = /bytes=(\\d+)-(\\d+)/.exec(request.headers.range ?? '');
    if (!match) return response.end(bytes);
    response.writeHead(206, { 'content-range': 'bytes ' + match[1] + '-' + match[2] + '/10' });
    return response.end(bytes.subarray(+match[1], +match[2] + 1));
  }
  if (url.pathname === '/events') {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('data: first\\n\\n');
    return void setTimeout(() => response.write('data: second\\n\\n'), 50);
  }
  response.setHeader('content-type', 'text/html; charset=utf-8');
  response.end('<!doctype html><html><head><title>ü</title></head><body><h1>page ' + url.pathname + '</h1></body></html>');
}).on('upgrade', (request, socket) => {
  const accept = crypto.createHash('sha1').update(request.headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest('base64');
  if (request.url === '/refused') return socket.end('HTTP/1.1 403 Forbidden\\r\\n\\r\\n');
  const protocol = request.headers['sec-websocket-protocol'];
  socket.write('HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\nSec-WebSocket-Accept: ' + accept + (protocol ? '\\r\\nSec-WebSocket-Protocol: ' + protocol.split(',')[0] : '') + '\\r\\n\\r\\n');
  const send = (opcode, payload) => {
    const head = payload.length < 126 ? [payload.length] : payload.length < 65536 ? [126, payload.length >> 8, payload.length & 255] : [127, 0, 0, 0, 0, ...[24, 16, 8, 0].map((bits) => (payload.length >>> bits) & 255)];
    socket.write(Buffer.concat([Buffer.from([0x80 | opcode, ...head]), payload]));
  };
  send(1, Buffer.from('hello ' + request.url + ' ' + (request.headers.cookie ?? '') + ' ' + request.headers.origin));
  let rest = Buffer.alloc(0);
  socket.on('data', (data) => {
    rest = Buffer.concat([rest, data]);
    for (;;) {
      if (rest.length < 6) return;
      const opcode = rest[0] & 15;
      let length = rest[1] & 127, at = 2;
      if (length === 126) { length = rest.readUInt16BE(2); at = 4; }
      else if (length === 127) { length = Number(rest.readBigUInt64BE(2)); at = 10; }
      if (rest.length < at + 4 + length) return;
      const mask = rest.subarray(at, at + 4), payload = Buffer.from(rest.subarray(at + 4, at + 4 + length));
      for (let index = 0; index < length; index++) payload[index] ^= mask[index & 3];
      rest = rest.subarray(at + 4 + length);
      send(opcode, payload);
      if (opcode === 8) return socket.end();
    }
  });
}).listen(3000);
http.createServer((request, response) => response.end('other ' + request.method)).listen(3001);
`;

/** Boots, serves, shows; gives the frame. */
async function show(page, options = {}) {
  const url = await page.evaluate(
    async ([server, options]) => {
      const { OpenAgentsContainer } = await import('/index.js');
      const container = await OpenAgentsContainer.boot(options);
      globalThis.container = container;
      globalThis.messages = [];
      container.on('preview-message', (message) => messages.push(message));
      await container.mount({ 's.js': { file: { contents: server } } });
      const both = new Promise((resolve) => container.on('port', () => container.ports.size === 2 && resolve()));
      const node = await container.spawn('node', ['s.js'], { merged: true });
      let said = '';
      node.output.pipeTo(new WritableStream({ write: (text) => void (said += text) }));
      await Promise.race([both, node.exit.then((code) => Promise.reject(new Error(`node ended with ${code}: ${said}`)))]);
      const url = container.previewUrl(3000);
      document.querySelector('#preview').src = url;
      return url;
    },
    [SERVER, options],
  );
  const frame = page.frameLocator('#preview');
  await frame.locator('h1').waitFor();
  return { frame, url, inside: (act, argument) => frame.locator('body').evaluate(act, argument) };
}

export const checks = [
  {
    name: 'bridge: WebSockets carry text and bytes, long ones too, with protocols and closes',
    run: async (page) => {
      const { inside } = await show(page);
      const seen = await inside(async () => {
        const open = async (url, protocols) => {
          const socket = new WebSocket(url, protocols);
          const messages = [];
          let wake;
          socket.binaryType = 'arraybuffer';
          socket.onmessage = ({ data }) => { messages.push(data); wake?.(); };
          const ended = new Promise((resolve) => socket.addEventListener('close', ({ code, reason, wasClean }) => resolve([code, reason, wasClean])));
          const next = async () => { while (messages.length === 0) await new Promise((resolve) => (wake = resolve)); return messages.shift(); };
          await Promise.race([new Promise((resolve) => socket.addEventListener('open', resolve)), ended]);
          return { socket, next, ended };
        };
        const { socket, next, ended } = await open(`ws://${location.host}/chat?x=1`, ['v1', 'v2']);
        const hello = await next();
        socket.send('grüße');
        const text = await next();
        socket.send(new Uint8Array([0, 1, 255]));
        const bytes = [...new Uint8Array(await next())];
        socket.send('y'.repeat(200_000));
        const long = (await next()).length;
        socket.send(new Blob(['blob']));
        const blob = new TextDecoder().decode(await next());
        const { protocol, readyState } = socket;
        socket.close(4000, 'enough');
        const end = await ended;
        const refused = await (await open(`ws://localhost:3000/refused`)).ended;
        const nobody = await (await open(`ws://127.0.0.1:3999/`)).ended;
        let code;
        try { socket.close(999); } catch (error) { code = error.name; }
        return { hello, text, bytes, long, blob, protocol, readyState, end, refused, nobody, code, is: socket instanceof WebSocket, after: socket.readyState, left: socket.bufferedAmount };
      });
      assertEqual(
        seen,
        {
          hello: 'hello /chat?x=1  http://localhost:3000', text: 'grüße', bytes: [0, 1, 255], long: 200_000, blob: 'blob', protocol: 'v1', readyState: 1,
          end: [4000, 'enough', true], refused: [1006, '', false], nobody: [1006, '', false], code: 'InvalidAccessError', is: true, after: 3, left: 0,
        },
        'what was seen',
      );
    },
  },
  {
    name: 'bridge: cookies of servers and pages are kept, hidden ones hidden, and sent',
    run: async (page) => {
      const { frame, url, inside } = await show(page);
      await page.evaluate((url) => void (document.querySelector('#preview').src = `${url}login`), url);
      await frame.locator('h1').filter({ hasText: 'page /' }).waitFor();
      await page.waitForFunction(() => document.querySelector('#preview').contentDocument?.cookie.includes('theme'));
      const seen = await inside(async () => {
        const visible = document.cookie;
        document.cookie = 'mine=1; path=/';
        const own = document.cookie;
        const sent = await (await fetch('/cookies')).text();
        const heard = new Promise((resolve) => navigator.serviceWorker.addEventListener('message', resolve, { once: true }));
        await fetch('/logout');
        await heard;
        return { visible, own, sent, after: document.cookie, deep: await (await fetch('/cookies', { credentials: 'include' })).text() };
      });
      assertEqual(
        seen,
        { visible: 'theme=dark', own: 'theme=dark; mine=1', sent: 'session=secret; theme=dark; mine=1', after: 'mine=1', deep: 'session=secret; mine=1' },
        'the cookies',
      );
      assertEqual(await page.evaluate(() => document.cookie), '', "the page's own cookies");
    },
  },
  {
    name: 'bridge: ranges, streams, other ports, a tab of its own',
    run: async (page) => {
      const { url, inside } = await show(page);
      const seen = await inside(async () => {
        const range = await fetch('/range', { headers: { range: 'bytes=2-4' } });
        const source = new EventSource('/events');
        const events = [];
        await new Promise((resolve) => (source.onmessage = ({ data }) => events.push(data) === 2 && resolve()));
        source.close();
        return {
          range: [range.status, range.headers.get('content-range'), await range.text()], events,
          other: await (await fetch('http://localhost:3001/', { method: 'PUT', body: 'x' })).text(), title: document.title,
        };
      });
      assertEqual(seen, { range: [206, 'bytes 2-4/10', '234'], events: ['first', 'second'], other: 'other PUT', title: 'ü' }, 'what was seen');
      const tab = await page.context().newPage();
      await tab.goto(`${url}tab`);
      assertEqual(await tab.locator('h1').textContent(), 'page /tab', 'the tab');
      const said = await tab.evaluate(() => new Promise((resolve) => (new WebSocket(`ws://${location.host}/t`).onmessage = ({ data }) => resolve(data))));
      assertIncludes(said, 'hello /t', "the tab's WebSocket");
    },
  },
  {
    name: 'bridge: errors and console of previews are told, as much as is wanted; a script is put into their pages',
    run: async (page) => {
      const { frame, inside } = await show(page, { forwardPreviewErrors: true });
      await inside(async () => {
        location.hash = 'here';
        setTimeout(() => { throw new TypeError('boom'); });
        Promise.reject(new Error('rejected'));
        console.error('said', { a: 1 }, () => 0);
      });
      await page.waitForFunction(() => messages.length === 3);
      const messages = await page.evaluate(() => globalThis.messages);
      const of = (type) => messages.find((message) => message.type === type);
      const base = ({ port, pathname, search, hash }) => [port, pathname, search, hash];
      assertEqual(base(of('PREVIEW_UNCAUGHT_EXCEPTION')), [3000, '/', '', '#here'], 'where it was');
      assertEqual([of('PREVIEW_UNCAUGHT_EXCEPTION').message, of('PREVIEW_UNHANDLED_REJECTION').message, of('PREVIEW_CONSOLE_ERROR').args], ['boom', 'rejected', ['said', { a: 1 }, '() => 0']], 'what was said');
      assertEqual(messages.every(({ previewId, stack }) => typeof previewId === 'string' && typeof stack === 'string'), true, 'ids and stacks');
      await page.evaluate(async () => {
        const { reloadPreview } = await import('/preview-messages.js');
        await container.setPreviewScript('data:text/javascript,globalThis.injected=1', { defer: true });
        await reloadPreview(document.querySelector('#preview'), 5000);
      });
      await page.waitForFunction(() => document.querySelector('#preview').contentWindow?.injected === 1);
      await frame.locator('h1').waitFor();
    },
  },
  {
    name: 'bridge: without the option, nothing is told',
    run: async (page) => {
      const { inside } = await show(page, { forwardPreviewErrors: 'exceptions-only' });
      await inside(async () => {
        console.error('quiet');
        setTimeout(() => { throw new Error('loud'); });
      });
      await page.waitForFunction(() => messages.length > 0);
      assertEqual(await page.evaluate(() => messages.map(({ message }) => message)), ['loud'], 'the messages');
    },
  },
];
