const url = require('url');
const path = require('path');
console.log(url.parse('http://user:pw@host.com:80/p/a/t/h?query=string&b=1#hash', true));
console.log(url.resolve('/one/two/three', 'four'), url.resolve('http://example.com/one', '/two'), url.format({ protocol: 'https', hostname: 'x.y', pathname: '/p', query: { a: [1, 2] } }));
console.log(url.pathToFileURL('/tmp/a b#c?d%e.txt').href, url.fileURLToPath('file:///tmp/a%20b'), url.fileURLToPath(url.pathToFileURL('/x/ñ')));
console.log(url.domainToASCII('español.com'), url.domainToUnicode('xn--espaol-zwa.com'), JSON.stringify(url.domainToASCII('xn--iñvalid.com')));
console.log(url.format(new URL('http://u:p@測試.com/x?y#z'), { auth: false, fragment: false, unicode: true }), url.urlToHttpOptions(new URL('http://a:b@c:1/d?e')).auth);
for (const run of [() => url.fileURLToPath('http://x'), () => url.fileURLToPath('file:///a%2fb'), () => url.fileURLToPath('file://host/x')]) {
  try { run(); } catch (error) { console.log(error.code, error.message); }
}
console.log(path.relative('/a/b', url.fileURLToPath('file:///a/c')), [...new URLSearchParams('a=1&a=2&b=%20+')], new URLSearchParams({ q: 'x y' }).toString());
