exports.main = 'index';
