const text = 'héllo wörld € 😀 \ud800 x';
for (const encoding of ['utf8', 'latin1', 'ascii', 'ucs2', 'hex', 'base64', 'base64url']) {
  const bytes = Buffer.from(text, encoding);
  console.log(encoding, bytes.toString('hex'), JSON.stringify(Buffer.from(bytes).toString(encoding)), Buffer.byteLength(text, encoding));
}
console.log(Buffer.from('abc', 'hex'), Buffer.from('YWJj ZGVm\n==', 'base64'), Buffer.from([0xff, 0xfe, 0x41]).toString());
const buffer = Buffer.alloc(10);
console.log(buffer.write('€uro', 1), buffer.write('😀', 8), buffer.write('ff', 9, 'hex'), buffer);
console.log(Buffer.from('abcabc').indexOf('c', 3), Buffer.from('abcabc').lastIndexOf('b'), Buffer.from('abc').includes(Buffer.from('bc')), Buffer.from('a\0b\0', 'latin1').indexOf('b', 0, 'ucs2'), Buffer.from('xyz').indexOf(122));
console.log(Buffer.compare(Buffer.from('a'), Buffer.from('b')), Buffer.from('abcd').compare(Buffer.from('xbcx'), 1, 3, 1, 3), Buffer.from('a').equals(Buffer.from('a')));
console.log(Buffer.alloc(5, 'ab'), Buffer.alloc(4, '0102', 'hex'), Buffer.alloc(3).fill('é', 'latin1'), Buffer.from([1, 2, 3, 4]).swap16(), Buffer.from([1, 2, 3, 4]).swap32());
console.log(atob('aGk='), btoa('hi'), Buffer.from('x').toJSON(), Buffer.concat([Buffer.from('a'), Buffer.from('b')], 5));
for (const run of [() => atob('a'), () => atob('*'), () => btoa('€'), () => Buffer.alloc(2).writeInt8(300, 0), () => Buffer.alloc(3).swap16(), () => Buffer.from(5), () => Buffer.alloc(1, 'zz', 'hex')]) {
  try { run(); } catch (error) { console.log(error.name, error.code, error.message); }
}
const { isUtf8, isAscii, transcode } = require('buffer');
console.log(isUtf8(Buffer.from('é')), isUtf8(Buffer.from([0xff])), isAscii(Buffer.from('e')), transcode(Buffer.from('€'), 'utf8', 'latin1'), transcode(Buffer.from('é'), 'utf8', 'utf16le'));
