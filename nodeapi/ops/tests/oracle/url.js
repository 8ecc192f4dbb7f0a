'use strict';
// node --expose-internals url.js: writes ../data/url.json
const { internalBinding } = require('internal/test/binding');
const url = internalBinding('url');
const legacy = require('url');
const { random, save } = require('./random.js');
const next = random(6);
const cases = [];
const inputs = ['http://example.com', 'https://user:pass@example.com:1234/foo/bar?baz#quux', 'http://user@host/', 'http://:pw@host/', 'http://user:@host/', 'https://example.com:443/a/../b/./c/%2e%2e/d',
  'mailto:a@b', 'data:text/plain,hi#x', 'javascript:alert(1)', 'file:///a/b', 'file://host/share', 'file:c:\\x', 'blob:https://a.com/uuid', 'about:blank', 'foo://bar/baz', 'foo:///x', 'foo:bar', 'web+demo:/.//not-a-host/',
  'http://[::1]:80/', 'http://[2001:db8::1]/', 'http://1.2.3', 'http://0x7f.1/', 'http://256.1.1.1/', 'http://español.com/ñ?ñ#ñ', 'http://faß.de', 'http://a b/', 'http://a<b', 'http://exa%41mple.com', 'http://a_b.c', '  http://trim.me  ', 'ht\ntp://new\tline/',
  'http:example.com', 'http:/example.com', 'http:///example.com', '//host/path', '/abs', 'rel', './rel', '../up', '?q', '#h', '', '.', 'http://', 'http://?', 'http:', ':', 'ws://a:80', 'wss://a:443', 'ftp://a:21/x', 'http://a:65535', 'http://a:65536', 'http://a:', 'http://a:b',
  'http://a/ \u0000', 'http://a/😀?😀', 'http://a/?\'"<>`', 'foo:/?\'"<>`', 'http://a/{}|^', 'http://ＧＯ.com', 'http://xn--a', 'http://\u00ad/', 'http://a..b', 'http://a.', 'http://.', 'non-special://a b', 'non-special://[::1]/x', 'non-special:x  ?q', 'http://u@v@w/'];
const bases = [undefined, 'http://base.org/dir/file?q#f', 'file:///root/x/y', 'mailto:z', 'foo://h/p/q', 'bad'];
const add = (op, args, run) => {
  let href;
  try { href = run(); } catch { href = undefined; }
  cases.push({ op, args, href: href || null, components: href ? [...url.urlComponents] : null });
};
for (const input of inputs) {
  for (const base of bases) {
    if (base !== undefined && input.length > 14 && next(3)) continue;
    add('parse', [input, base ?? null], () => url.parse(input, base, false));
  }
}
const values = ['', 'x', 'https', 'http:', 'file:', 'foo', 'new.host', 'new.host:99', 'h:0080', '[::2]', 'a b', 'ñ', '/p/../q', '?s=1', '#frag', '#', '?', 'u@s:e/r', '443', '80x', '70000', 'a\tb', 'http://other/'];
const starts = ['http://u:p@example.com:8080/a/b?c#d', 'https://example.com/', 'file:///a/b', 'mailto:x@y', 'foo://h/p', 'foo:/p', 'data:x y?q'];
for (const start of starts) for (let part = 0; part < 10; part++) for (const value of values) {
  if (next(2)) add('update', [start, part, value], () => url.update(start, part, value));
}
for (const path of ['/a b/c', '/ñ/😀', '/a%b#c?d', '/x\\y', '/~user/[x]', '/', '/a//b/../c']) {
  add('path', [path], () => url.pathToFileURL(path, false));
}
for (const domain of ['español.com', '中文.com', 'xn--iñvalid.com', 'a b', 'EXAMPLE.com', '1.2.3', '', '[::1]', 'faß.de', 'xn--fa-hia.de', 'a:80', 'a/b', '%41.com', 'a_b', '☃.net', 'user@host', 'xn--', 'a..b', '\u00ad']) {
  cases.push({ op: 'domain', args: [domain], ascii: legacy.domainToASCII(domain), unicode: legacy.domainToUnicode(domain) });
}
for (const href of ['https://u:p@xn--fiq228c.com:1/p?q#h', 'mailto:a?b#c', 'http://[::1]/#x', 'file:///a?b']) {
  for (let bits = 0; bits < 16; bits++) {
    const options = { fragment: !!(bits & 1), unicode: !!(bits & 2), search: !!(bits & 4), auth: !!(bits & 8) };
    cases.push({ op: 'format', args: [href, bits], out: legacy.format(new URL(href), options) });
  }
}
save('url', cases);
