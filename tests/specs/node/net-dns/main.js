// Names that need no server.
const dns = require('dns');
const net = require('net');
const { promisify } = require('util');
(async () => {
  console.log(await dns.promises.lookup('127.0.0.1'), await promisify(dns.lookup)('::1', { all: true }));
  console.log(await dns.promises.lookup('localhost', { family: 4 }));
  dns.lookup('localhost', { family: 4 }, (error, address, family) => {
    console.log(error, address, family);
    dns.lookup('no-such-name.invalid', (failed) => console.log(failed.code, failed.syscall, failed.hostname, failed.message));
  });
})();
console.log(net.isIP('1.2.3.4'), net.isIP('::1'), net.isIP('1.2.3'), net.isIPv6('fe80::1%lo'), net.isIP('1.2.3.04'), net.isIP('::ffff:1.2.3.4'));
