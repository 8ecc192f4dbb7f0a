const inputs = ['https://user:pa%20ss@example.com:8080/a/../b?x=1&y=2#frag', 'http://EXAMPLE.com:80', 'file:///etc/../tmp/x y', 'mailto:a@b.c', 'http://[::1]:3000/', 'http://1.2.3', 'data:text/plain,hi', 'http://español.com/ñ?q=ñ#ñ', 'blob:https://a.com/id', 'foo://bar/baz?#'];
for (const input of inputs) {
  const url = new URL(input);
  console.log(url.href, url.origin, url.protocol, url.username, url.password, url.host, url.port, url.pathname, url.search, url.hash);
}
console.log(new URL('../x?y#z', 'http://a/b/c/d'), URL.canParse('nope'), URL.canParse('x', 'http://a'), URL.parse('::'));
for (const bad of ['nope', 'http://', 'http://a b', 'http://a:99999', '//x']) {
  try { new URL(bad); } catch (error) { console.log(error.name, error.code, error.message, error.input); }
}
const url = new URL('http://a.com/x');
url.protocol = 'https'; url.host = 'b.org:99'; url.username = 'ü'; url.pathname = 'a b'; url.search = 'q=1'; url.hash = 'h'; url.port = '443';
console.log(url.href);
url.searchParams.append('é', '€ &'); url.searchParams.delete('q'); url.searchParams.sort();
console.log(url.href, [...url.searchParams], JSON.stringify({ url }));
