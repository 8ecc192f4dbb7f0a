// Requests a second that a hello server answers to a client beside it.
const http = require('http');
require('./client')(http.createServer((req, res) => res.end('hello')), 4000);
