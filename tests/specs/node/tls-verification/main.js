// What is wrong with a certificate, in Node's words; and what goes wrong before one is looked at.
const fs = require('fs');
const net = require('net');
const tls = require('tls');
const read = (name) => fs.readFileSync(`${__dirname}/keys/${name}`, 'utf8');
const own = (name) => ({ key: read(`${name}.key`), cert: read(`${name}.pem`) });
const ca = read('ca.pem');

function attempt(label, name, clientOptions, serverOptions = {}) {
  return new Promise((resolve) => {
    const server = tls.createServer({ ...own(name), ...serverOptions }, (socket) => socket.on('error', () => {}).end());
    server.on('tlsClientError', () => {});
    server.listen(0, '127.0.0.1', () => {
      const client = tls.connect({ port: server.address().port, host: '127.0.0.1', servername: 'localhost', ...clientOptions }, () => {
        console.log(label, 'connected', client.authorized, client.authorizationError);
      });
      client.resume();
      client.on('error', (error) => console.log(label, error.code, '|', error.code?.startsWith('ERR_SSL') ? error.reason : error.message));
      client.on('close', () => server.close(resolve));
    });
  });
}

(async () => {
  await attempt('trusted', 'server', { ca });
  await attempt('unknown issuer', 'server', {});
  await attempt('not rejected', 'server', { rejectUnauthorized: false });
  await attempt('self-signed', 'self', {});
  await attempt('self-signed but trusted', 'self', { ca: read('self.pem') });
  await attempt('expired', 'expired', { ca });
  await attempt('other name', 'server', { ca, servername: 'other.test' });
  await attempt('own check', 'server', { ca, checkServerIdentity: () => new Error('never') });
  await attempt('address', 'server', { ca, servername: undefined });
  await attempt('issuer is sent', 'server', {}, { cert: read('server.pem') + ca });
  await attempt('no version in common', 'server', { ca, maxVersion: 'TLSv1.2' }, { minVersion: 'TLSv1.3' });
  await attempt('no cipher in common', 'server', { ca, ciphers: 'ECDHE-RSA-AES128-GCM-SHA256', maxVersion: 'TLSv1.2' }, { ciphers: 'ECDHE-RSA-AES256-GCM-SHA384', maxVersion: 'TLSv1.2' });
  await attempt('no protocol in common', 'server', { ca, ALPNProtocols: ['a'] }, { ALPNProtocols: ['b'] });
  for (const make of [
    () => tls.createSecureContext({ cert: 'x' }), () => tls.createSecureContext({ key: 'x' }), () => tls.createSecureContext({ ciphers: 'no-such-cipher' }),
    () => tls.createSecureContext({ minVersion: 'TLSv9' }), () => tls.createSecureContext({ secureProtocol: 'no_such_method' }), () => tls.connect({ port: 1, ca: 1 }),
  ]) {
    try {
      make();
      console.log('made');
    } catch (error) {
      console.log(error.name, error.code, error.reason ?? error.message);
    }
  }
  console.log(tls.checkServerIdentity('a.c', { subject: {}, subjectaltname: 'DNS:*.b' }).code);
  const cut = net.createServer((socket) => socket.end()).listen(0, '127.0.0.1', () => {
    tls.connect(cut.address().port, '127.0.0.1').on('error', (error) => {
      console.log(error.code, error.message);
      cut.close();
    });
  });
})();
