const params = new URLSearchParams('a=1&b=2&a=3&c=%20+x&=e&d');
console.log(params.getAll('a'), params.get('c'), params.has('a', '3'), params.size, String(params));
params.append('é', 'ü&='); params.delete('a', '1'); params.set('b', 'new'); params.sort(); console.log(String(params), [...params.keys()]);
console.log(new URLSearchParams({ x: '1', y: '2' }), new URLSearchParams([['k', 'v']]), String(new URLSearchParams(new Map([['m', 'n']]))));
const url = new URL('http://user:pw@EXAMPLE.com:80/a/../b c?q=1#h'); url.searchParams.append('z', '9'); console.log(url.href, url.origin, url.port, url.username);
for (const make of [() => new URLSearchParams([['one']]), () => new URL('nope'), () => new URL('/x', 'bad')]) { try { make(); } catch (error) { console.log(error.code, error.name, error.message); } }
console.log(URL.canParse('a:b'), URL.parse('x'), url);
