// TLS is not in the container yet; programs that only load the module work, and a connection says what is missing.
const https = require('https');
const tls = require('tls');
console.log(typeof https.createServer, typeof tls.connect, new https.Agent().options.port ?? https.globalAgent.defaultPort);
