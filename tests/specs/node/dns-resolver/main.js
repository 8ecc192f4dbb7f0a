// A resolver with a name server of its own: every kind of record, errors, retries over other servers, TCP, cancelling.
const dgram = require('dgram');
const dns = require('dns');
const net = require('net');
const name = (text) => Buffer.concat([...text.split('.').filter(Boolean).map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)])), Buffer.from([0])]);
const u16 = (n) => Buffer.from([n >> 8, n & 255]);
const u32 = (n) => { const b = Buffer.alloc(4); b.writeUInt32BE(n); return b; };
const text = (s) => Buffer.concat([Buffer.from([s.length]), Buffer.from(s)]);
const KINDS = { A: 1, NS: 2, CNAME: 5, SOA: 6, PTR: 12, MX: 15, TXT: 16, AAAA: 28, SRV: 33, NAPTR: 35, TLSA: 52, ANY: 255, CAA: 257 };
const DATA = {
  A: [Buffer.from([1, 2, 3, 4]), Buffer.from([5, 6, 7, 8])],
  AAAA: [Buffer.from('20010db8000000000000000000000001', 'hex')],
  NS: [name('ns1.example.org'), name('ns2.example.org')],
  CNAME: [name('other.example.org')],
  SOA: [Buffer.concat([name('ns1.example.org'), name('admin.example.org'), u32(2024), u32(1), u32(2), u32(3), u32(4)])],
  PTR: [name('host.example.org')],
  MX: [Buffer.concat([u16(10), name('mx1.example.org')]), Buffer.concat([u16(20), name('mx2.example.org')])],
  TXT: [Buffer.concat([text('one'), text('two')]), text('three')],
  SRV: [Buffer.concat([u16(1), u16(2), u16(8080), name('srv.example.org')])],
  NAPTR: [Buffer.concat([u16(30), u16(100), text('s'), text('SIP+D2U'), text(''), name('_sip.example.org')])],
  TLSA: [Buffer.from([3, 1, 1, 170, 187])],
  CAA: [Buffer.concat([Buffer.from([128]), text('issue'), Buffer.from('ca.example')])],
};
const answer = (query, overTcp) => {
  const labels = [];
  let at = 12;
  while (query[at] !== 0) {
    labels.push(query.subarray(at + 1, at + 1 + query[at]).toString());
    at += 1 + query[at];
  }
  const asked = labels.join('.');
  const kind = query.readUInt16BE(at + 1);
  const question = query.subarray(12, at + 5);
  const code = { missing: 3, broken: 2, refused: 5, format: 1 }[labels[0]] ?? 0;
  const cut = labels[0] === 'long' && !overTcp;
  const wanted = Object.entries(KINDS).filter(([k, n]) => DATA[k] && (n === kind || kind === KINDS.ANY && !['PTR', 'CNAME', 'TLSA'].includes(k)));
  const records = code !== 0 || labels[0] === 'empty' || cut ? [] : wanted.flatMap(([k, n]) => DATA[k].map((data) => Buffer.concat([Buffer.from([0xc0, 12]), u16(n), u16(1), u32(60), u16(data.length), data])));
  return { asked, message: Buffer.concat([query.subarray(0, 2), u16(0x8180 | code | (cut ? 0x200 : 0)), u16(1), u16(records.length), u16(0), u16(0), question, ...records]) };
};
const server = dgram.createSocket('udp4');
const streams = net.createServer((socket) => socket.once('data', (data) => {
  const { message } = answer(data.subarray(2), true);
  socket.end(Buffer.concat([u16(message.length), message]));
}));
server.on('message', (query, from) => {
  const { asked, message } = answer(query, false);
  if (asked.startsWith('silent')) return;
  if (asked.startsWith('garbage')) server.send(message.subarray(0, message.length - 3), from.port, from.address);
  else {
    server.send(Buffer.concat([Buffer.from([message[0] ^ 1]), message.subarray(1)]), from.port, from.address);
    server.send(message, from.port, from.address);
  }
});
server.bind(0, '127.0.0.1', () => streams.listen(server.address().port, '127.0.0.1', async () => {
  const { port } = server.address();
  const resolver = new dns.promises.Resolver({ timeout: 200, tries: 1 });
  resolver.setServers([`127.0.0.1:${port}`]);
  console.log(resolver.getServers().length);
  for (const kind of ['4', '6', 'Ns', 'Cname', 'Soa', 'Ptr', 'Mx', 'Txt', 'Srv', 'Naptr', 'Caa', 'Tlsa', 'Any']) console.log(kind, await resolver[`resolve${kind}`]('example.org'));
  console.log(await resolver.resolve4('example.org', { ttl: true }), await resolver.resolve('example.org', 'MX'));
  for (const host of ['missing.org', 'broken.org', 'refused.org', 'format.org', 'empty.org', 'silent.org', 'garbage.org', 'a..b', 'x'.repeat(70)]) {
    await resolver.resolveMx(host).then(console.log, (error) => console.log(error.code, error.syscall, error.message));
  }
  console.log(await resolver.resolveTxt('long.org'));
  console.log(await resolver.reverse('9.8.7.6'), await resolver.reverse('2001:db8::9'));
  const two = new dns.Resolver({ timeout: 200, tries: 2 });
  two.setServers(['127.0.0.1:9', `127.0.0.1:${port}`]);
  two.resolveMx('example.org', (error, records) => {
    console.log('second server', error?.code, records?.length);
    two.resolve4('silent.org', (failure) => {
      console.log(failure.code);
      server.close();
      streams.close();
    });
    try {
      two.setServers(['127.0.0.1']);
    } catch (refused) {
      console.log(refused.code, refused.message.replace(/\[.*/, ''));
    }
    two.cancel();
  });
}));
