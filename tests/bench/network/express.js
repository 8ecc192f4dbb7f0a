// Requests a second that a hello server of express answers to a client beside it.
const express = require('express');
const http = require('http');
const app = express();
app.get('/', (req, res) => res.send('hello'));
require('./client')(http.createServer(app), 2000);
