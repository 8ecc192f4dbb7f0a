const http = require('http');
console.log(http.METHODS.join(' '));
console.log(http.STATUS_CODES[418], Object.keys(http.STATUS_CODES).length, http.maxHeaderSize);
