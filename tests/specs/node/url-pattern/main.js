// The global `URLPattern`: what it makes of patterns, what it matches, and how it refuses.
const { inspect } = require('node:util');

const show = (label, work) => {
  try {
    console.log(label, inspect(work(), { depth: 5, breakLength: 120 }));
  } catch (error) {
    console.log(label, error.name, error.code, error.message);
  }
};
const NAMES = ['protocol', 'username', 'password', 'hostname', 'port', 'pathname', 'search', 'hash', 'hasRegExpGroups'];
const components = (pattern) => NAMES.map((name) => pattern[name]).join(' | ');

console.log(new URLPattern({ pathname: '/:id' }).exec('http://x/7').pathname.groups.id);

// Patterns: how each is divided and written back.
for (const args of [
  ['https://*.example.com:8080/books/:id(\\d+)/{page-:n}?*?q=:q#:frag'],
  ['http{s}?://{:sub.}?example.com/'],
  ['(http|https)://h/a/../b'],
  ['mailto::who@:where'],
  ['data:foobar'],
  ['data\\:foobar'],
  ['/:a/:b?', 'https://user:pass@h.example/d/e?q#f'],
  ['../up/*', 'https://h.example/d/e/f'],
  ['?x=:y', 'https://h.example:444/d/e?q#f'],
  ['#:h', 'file:///t/u'],
  ['http://[:address]:8080/'],
  ['http://[\\:\\:AB\\::num]/'],
  ['https://münchen.example/straße/:größe'],
  [{ protocol: 'https:', port: '443', search: '?a', hash: '#b', pathname: 'é ^|`' }],
  [{ hostname: '0x7f.1', username: 'a b:c', password: 'p@q/ü' }],
  [{ pathname: 'x/:y', baseURL: 'https://h/d/e?q#f' }],
  [{ pathname: ':y', baseURL: 'data:opaque' }],
  [{ protocol: 'javascript', pathname: 'var x = 1;' }],
  [{ pathname: '/{:a}:b/{:c}d/(.*)(.*)/*' }],
  [{ pathname: '{/:a-}+/{b}*/([^\\/]+?)/:d(.*)' }],
  [{ pathname: '/([a-z&&[aeiou]])' }],
  [{ hostname: 'X.{Y}.Example', port: '{8}0{80}?' }],
]) {
  show(JSON.stringify(args), () => components(new URLPattern(...args)));
}

// Matches.
const book = new URLPattern('https://*.example.com/books/:id(\\d+){/:page}?');
show('book', () => book.exec('https://www.example.com/books/12?x=1#top'));
show('page', () => book.exec('books/12/3', 'https://u:p@www.example.com:443/').pathname);
show('none', () => [book.exec('https://www.example.com/books/x'), book.test('https://example.com/books/1'), book.test('zzz')]);
show('dictionary', () => book.exec({ protocol: 'https', hostname: 'a.example.com', pathname: '/books/1' }).inputs);
show('url', () => book.test(new URL('https://www.example.com/books/1')));
show('base', () => book.exec({ pathname: 'books/5', baseURL: 'https://q.example.com/' }).hostname);
show('case', () => [undefined, { ignoreCase: true }].map((options) => new URLPattern({ pathname: '/Ab/:x' }, options).test({ pathname: '/aB/c' })));
show('repeat', () => new URLPattern({ pathname: '/:rest+' }).exec({ pathname: '/a/b/c' }).pathname.groups.rest);
show('relative', () => new URLPattern({ pathname: '/:a' }).exec('/7?q').pathname);
show('everything', () => new URLPattern().test('wss://h:1/'));
show('escapes', () => new URLPattern({ pathname: '/caf\u00e9/:x', search: 'a b' }).exec('http://h/caf%C3%A9/\u{1f600}?a b').pathname);
show('ports', () => ['http://h/', 'http://h:80/', 'http://h:81/'].map((url) => new URLPattern('http://h/*').test(url)));

// Refusals.
for (const args of [
  ['/no/base'], ['http://h/(['], [{ pathname: '/:a/:a' }], [{ pathname: '/(?x)' }], [{ pathname: '/{a' }], [{ pathname: '/(é)' }],
  [{ port: 'eighty' }], [{ port: '65536' }], [{ protocol: 'ht tp' }], [{ hostname: 'bad|host' }], [{ hostname: '[zz]' }],
  [{ baseURL: 'zz' }], [{}, 'http://h'], ['/a', 'zz'], [7], [Symbol('s')], ['/a', 7], ['/a', 'http://h', 7], ['/a', {}, {}],
  [{}, undefined, {}],
]) {
  show(`refuse ${inspect(args)}`, () => components(new URLPattern(...args)));
}
show('call', () => URLPattern());
show('receiver', () => URLPattern.prototype.test.call({}, 'http://h'));
show('getter', () => URLPattern.prototype.hash);
show('exec 7', () => book.exec(7));
show('exec base', () => book.exec('/a', 7));
show('exec both', () => book.exec({}, 'http://h'));
show('test both', () => book.test({}, 'http://h'));
show('thrown', () => new URLPattern({ get hash() { throw new RangeError('mine'); } }));

// The class.
show('class', () => [URLPattern.name, URLPattern.length, Reflect.ownKeys(URLPattern.prototype), Reflect.ownKeys(book)]);
show('own', () => [book, String(book), require('node:url').URLPattern === URLPattern]);
show('global', () => Object.getOwnPropertyDescriptor(globalThis, 'URLPattern'));
show('member', () => Object.getOwnPropertyDescriptor(URLPattern.prototype, 'exec'));
show('subclass', () => [new (class Route extends URLPattern {})({ pathname: '/r' })].map((route) => [route, route.pathname, route instanceof URLPattern]));
