'use strict';
// node --expose-internals http_parser.js: writes ../data/http_parser.json
const { internalBinding } = require('internal/test/binding');
const { HTTPParser } = internalBinding('http_parser');
const { random, hex, save } = require('./random.js');
const next = random(5);

const requests = [
  'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
  'GET /path?q=1#frag HTTP/1.0\r\nConnection: keep-alive\r\n\r\n',
  'GET http://user:pw@host.example:8080/x?y HTTP/1.1\r\nConnection: close\r\n\r\nGET / HTTP/1.1\r\n\r\n',
  'OPTIONS * HTTP/1.1\r\nHost: a\r\nEmpty:\r\nSpaces:   b  \t \r\n\r\n',
  'CONNECT host:443 HTTP/1.1\r\nHost: a\r\n\r\nraw bytes',
  'POST /a HTTP/1.1\r\nContent-Length: 5\r\n\r\nhelloGET /b HTTP/1.1\r\n\r\n',
  'POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6; a=b; c="d\\"e"\r\n world\r\n0\r\nTrailer: x\r\nSecond: y\r\n\r\nPUT /z HTTP/1.1\r\nContent-Length: 0\r\n\r\n',
  'POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
  'POST / HTTP/1.1\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n',
  'POST / HTTP/1.1\r\nTransfer-Encoding: identity\r\n\r\nabc',
  'POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n',
  'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n\r\n0\r\n\r\n',
  'POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc',
  'POST / HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\nabc',
  'POST / HTTP/1.1\r\nContent-Length:\r\n\r\nabc',
  'POST / HTTP/1.1\r\nContent-Length: 4 2\r\n\r\nabc',
  'GET /ws HTTP/1.1\r\nConnection: Upgrade, keep-alive\r\nUpgrade: websocket\r\n\r\nframe',
  'POST /ws HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: x\r\nContent-Length: 4\r\n\r\nbodyframe',
  'GET / HTTP/1.1\r\nConnection: closed, Upgraded,close\r\nProxy-Connection: keep-alive\r\nUpgrade-Insecure-Requests: 1\r\nConnection-X: close\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: caf\xe9\r\nX: a\x01b\r\n\r\n',
  'GET / HTTP/1.1\r\nFolded: a\r\n b\r\n\tc\r\n\r\n',
  'GET / HTTP/1.1\r\n Host: a\r\n\r\n',
  'GET / HTTP/1.1\nHost: a\nX: b\n\n',
  'GET / HTTP/1.1\rHost: a\r\r',
  'GET /\r\n\r\n', 'GET /\n', 'GET / HTTP/0.9\r\n\r\n', 'GET / HTTP/2.0\r\n\r\n', 'GET / HTTP/1.2\r\n\r\n', 'GET / HTTP/x.1\r\n\r\n', 'GET / RTSP/1.0\r\n\r\n',
  'DESCRIBE / HTTP/1.1\r\n\r\n', 'SOURCE / ICE/1.0\r\n\r\n', 'PLAY rtsp://a/b RTSP/1.0\r\nCSeq: 1\r\n\r\n', 'GET / HTTZ/1.0\r\n\r\n',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n', 'GETX / HTTP/1.1\r\n\r\n', 'GET_X / HTTP/1.1\r\n\r\n', 'FOO / HTTP/1.1\r\n\r\n', 'get / HTTP/1.1\r\n\r\n',
  'M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\n\r\n', 'QUERY /q HTTP/1.1\r\nContent-Length: 1\r\n\r\nx',
  'GET /a b HTTP/1.1\r\n\r\n', 'GET /\x7f HTTP/1.1\r\n\r\n', 'GET h1ttp://a HTTP/1.1\r\n\r\n', 'GET http://a@b@c/ HTTP/1.1\r\n\r\n', 'GET a HTTP/1.1\r\n\r\n', 'GET /\tx HTTP/1.1\r\n\r\n', 'GET /\xe9 HTTP/1.1\r\n\r\n',
  'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n', 'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5 \r\nhello\r\n0\r\n\r\n',
  'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello0\r\n\r\n', 'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\nhello\n0\n\n',
  'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n', 'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;a b\r\nx\r\n0\r\n\r\n',
  'POST / HTTP/1.1\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n', 'GET / HTTP/1.1\r\nBad Header: x\r\n\r\n', 'GET / HTTP/1.1\r\n: x\r\n\r\n', 'GET / HTTP/1.1\r\nNoColon\r\n\r\n',
  `GET /${'a'.repeat(300)} HTTP/1.1\r\nLong: ${'b'.repeat(700)}\r\n\r\n`,
  `GET / HTTP/1.1\r\n${Array.from({ length: 40 }, (_, i) => `H${i}: v${i}\r\n`).join('')}\r\nGET /again HTTP/1.1\r\nOne: 1\r\n\r\n`,
  '\r\n\r\nGET / HTTP/1.1\r\nConnection: close\r\n\r\n\r\nextra',
];
const responses = [
  'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi', 'HTTP/1.1 200 OK\r\n\r\nuntil the end', 'HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
  'HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n', 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nT: 1\r\n\r\n',
  'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\nraw', 'HTTP/1.1 101 Switching\r\n\r\nraw', 'HTTP/1.1 200 OK\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 1\r\n\r\nx',
  'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nxHTTP/1.0 404 Not Found\r\n\r\nrest', 'HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n', 'HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n',
  'HTTP/1.1 99 x\r\n\r\n', 'HTTP/1.1 2000 x\r\n\r\n', 'HTTP/1.1  200 x\r\n\r\n', 'HTTP/1.1 20x OK\r\n\r\n', 'HTTP 200 OK\r\n\r\n', 'ICY 200 OK\r\n\r\n', 'ICE/1.0 200 OK\r\n\r\n', 'RTSP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n',
  'HTTP/1.1 200 caf\xe9\r\nContent-Length: 0\r\n\r\n', 'HTTP/1.1 200 OK\nContent-Length: 0\n\n', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nabc', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, gzip\r\n\r\nabc',
  'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nxmore', 'HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nz', 'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n', 'HTTP/2.0 200 OK\r\n\r\n',
];

function run(kind, text, cuts, lenient, answer, limit) {
  const parser = new HTTPParser();
  parser.initialize(HTTPParser[kind], {}, limit, lenient);
  const log = [];
  parser[HTTPParser.kOnMessageBegin] = () => { log.push(['begin']); };
  parser[HTTPParser.kOnHeaders] = (headers, url) => { log.push(['headers', headers, url]); };
  parser[HTTPParser.kOnHeadersComplete] = (...args) => { log.push(['head', ...args.map((x) => (x === undefined ? null : x))]); return answer; };
  parser[HTTPParser.kOnBody] = (bytes) => { log.push(['body', bytes.latin1Slice()]); };
  parser[HTTPParser.kOnMessageComplete] = () => { log.push(['done']); };
  const describe = (result) => (result instanceof Error ? ['error', result.code, result.reason, result.bytesParsed] : ['used', result]);
  const input = Buffer.from(text, 'latin1');
  let start = 0;
  for (const end of [...cuts, input.length]) {
    const result = parser.execute(input.subarray(start, end));
    log.push(describe(result));
    if (typeof result !== 'number' || result < end - start) return log;
    start = end;
  }
  const last = parser.finish();
  log.push(last === undefined ? ['finished'] : ['error', last.code, last.reason]);
  return log;
}

const cases = [];
const flagSets = [0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1023, 64 | 256];
function add(kind, text, lenient, answer, limit) {
  const cuts = [];
  if (text.length > 1) for (let i = next(4); i > 0; i--) cuts.push(1 + next(text.length - 1));
  cuts.sort((a, b) => a - b);
  cases.push({ kind, text: hex(Buffer.from(text, 'latin1')), cuts, lenient, answer, limit, log: run(kind, text, cuts, lenient, answer, limit) });
}
const odd = ['\r', '\n', ' ', '\t', ':', ';', ',', '\0', '\x7f', '\xff', 'a', '0', 'chunked', '"', '?', '#', '@', '[', '\\', '='];
for (const [kind, list] of [['REQUEST', requests], ['RESPONSE', responses]]) {
  for (const text of list) {
    add(kind, text, 0, 0, 0);
    add(kind, text, next.pick(flagSets), next(3), next.pick([0, 0, 0, 30, 400]));
    if (text.length > 600) continue;
    for (let i = 0; i < 14; i++) {
      const at = i % 2 ? next(text.length) : text.indexOf('\r') + next(text.length - text.indexOf('\r')), cut = next(3);
      const mutated = text.slice(0, at) + next.pick(odd) + text.slice(at + cut);
      add(kind, mutated, next.pick(flagSets), next.pick([0, 0, 1, 2]), 0);
    }
  }
}
save('http_parser', cases);
