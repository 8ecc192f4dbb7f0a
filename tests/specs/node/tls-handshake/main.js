// What two ends of TLS agree on: versions, ciphers, protocols, names, certificates of both, sessions, keying material.
const fs = require('fs');
const tls = require('tls');
const read = (name) => fs.readFileSync(`${__dirname}/keys/${name}`);
const own = (name) => ({ key: read(`${name}.key`), cert: read(`${name}.pem`) });
const ca = read('ca.pem');

function exchange(serverOptions, clientOptions, look) {
  return new Promise((resolve) => {
    const server = tls.createServer({ ...own('server'), ...serverOptions }, (socket) => {
      const facts = { servername: socket.servername, alpn: socket.alpnProtocol, authorized: socket.authorized, error: socket.authorizationError };
      if (serverOptions.requestCert) facts.subject = { ...socket.getPeerCertificate().subject };
      console.log('server', socket.getProtocol(), facts);
      socket.on('data', (data) => socket.write(`echo ${data}`));
      socket.on('end', () => socket.end());
      socket.on('error', (error) => console.log('server error', error.code));
    });
    server.on('tlsClientError', (error) => console.log('tlsClientError', error.code));
    server.listen(0, () => {
      const client = tls.connect({ port: server.address().port, servername: 'localhost', ca, ...clientOptions }, async () => {
        console.log('client', client.getProtocol(), client.getCipher(), client.alpnProtocol, client.authorized, client.isSessionReused());
        await look?.(client);
        client.write('hello');
      });
      client.once('data', (data) => {
        console.log(String(data));
        client.end();
      });
      client.on('error', (error) => console.log('client error', error.code));
      client.on('close', () => server.close(resolve));
    });
  });
}

(async () => {
  await exchange({}, {}, (client) => {
    const certificate = client.getPeerCertificate(true);
    const { subject, issuer, subjectaltname, ca: isAuthority, bits, exponent, valid_from, ext_key_usage, fingerprint256 } = certificate;
    console.log(subject, issuer, subjectaltname, isAuthority, bits, exponent, typeof valid_from, ext_key_usage, fingerprint256.length);
    console.log(certificate.issuerCertificate.subject.CN, certificate.issuerCertificate.asn1Curve, certificate.issuerCertificate.nistCurve);
    console.log(certificate.issuerCertificate.issuerCertificate === certificate.issuerCertificate, Object.keys(certificate).join());
    console.log(client.encrypted, client.exportKeyingMaterial(16, 'EXPORTER-x').length);
  });
  await exchange({ maxVersion: 'TLSv1.2' }, {});
  await exchange({}, { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-RSA-AES128-GCM-SHA256' });
  await exchange({ minVersion: 'TLSv1.3' }, { ciphers: 'TLS_CHACHA20_POLY1305_SHA256' });
  await exchange({ ALPNProtocols: ['b', 'c'] }, { ALPNProtocols: ['a', 'b', 'c'] });
  await exchange({ ALPNCallback: ({ servername, protocols }) => (console.log(servername, protocols), 'c') }, { ALPNProtocols: ['a', 'b', 'c'] });
  const contexts = { SNICallback: (name, done) => setImmediate(done, null, name === 'other.test' ? tls.createSecureContext(own('other')) : undefined) };
  await exchange(contexts, { servername: 'other.test' }, (client) => console.log(client.getPeerCertificate().subject));
  await exchange(contexts, { servername: 'a.example.test' }, (client) => console.log(client.getPeerCertificate().subject));
  await exchange({ requestCert: true, ca }, own('client'));
  await exchange({ requestCert: true, rejectUnauthorized: false, ca }, {});
  let session;
  for (const version of ['TLSv1.2', 'TLSv1.3']) {
    const server = tls.createServer({ ...own('server'), maxVersion: version }, (socket) => socket.end('x')).listen(0);
    const connect = (options) => new Promise((resolve) => {
      const client = tls.connect({ port: server.address().port, servername: 'localhost', host: 'localhost', ca, ...options });
      client.on('session', (one) => { session = one; });
      client.on('secureConnect', () => console.log(version, client.isSessionReused(), client.authorized));
      client.resume().on('close', resolve);
    });
    await new Promise((resolve) => server.on('listening', resolve));
    await connect({});
    await connect({ session });
    server.close();
  }
})();
