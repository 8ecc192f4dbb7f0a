const path = require('path');
const { pathToFileURL, fileURLToPath, urlToHttpOptions } = require('url');
console.log(path.resolve('/a/b', '../c', './d'), path.relative('/a/b/c', '/a/d'), path.normalize('/a//b/../c/.'), path.join('a', '', '..', 'b'));
console.log(path.parse('/home/u/file.tar.gz'), path.format({ dir: '/x', name: 'n', ext: 'e' }), path.extname('.rc'), path.basename('/a/b.js', '.js'));
console.log(path.win32.join('C:\\a', '..', 'b'), path.win32.parse('C:\\x\\y.txt'), path.matchesGlob('/a/b.js', '/a/*.js'));
console.log(pathToFileURL('/a b/#c%').href, fileURLToPath('file:///a%20b'), urlToHttpOptions(new URL('http://a:b@h:1/p?q')));
try { fileURLToPath('http://x'); } catch (error) { console.log(error.code); }
