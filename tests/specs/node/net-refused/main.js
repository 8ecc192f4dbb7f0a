const net = require('net');
const show = (error) => console.log(error.name, error.code, error.syscall, error.address, error.port, error.message);
net.connect(1, '127.0.0.1').on('error', show).on('close', (failed) => console.log('close', failed));
