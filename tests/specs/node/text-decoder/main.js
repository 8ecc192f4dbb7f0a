const { StringDecoder } = require('string_decoder');
const euro = Buffer.from('€😀');
for (const encoding of ['utf8', 'utf16le', 'base64', 'hex']) {
  const decoder = new StringDecoder(encoding);
  console.log(encoding, [...euro].map((byte) => decoder.write(Buffer.from([byte]))), JSON.stringify(decoder.end()));
}
console.log(new TextDecoder().decode(Buffer.from('\ufeffhé')), new TextDecoder('utf-8', { ignoreBOM: true }).decode(Buffer.from('\ufeffh')).length);
for (const label of ['utf-16le', 'latin1', 'shift_jis', 'koi8-r', 'gbk']) console.log(label, new TextDecoder(label).encoding, new TextDecoder(label).decode(new Uint8Array([0x41, 0x42, 0x20, 0x20])));
const stream = new TextDecoder();
console.log([...euro].map((byte) => stream.decode(new Uint8Array([byte]), { stream: true })), stream.decode());
for (const run of [() => new TextDecoder('nope'), () => new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array([0xff])), () => new TextDecoder('utf-16le', { fatal: true }).decode(new Uint8Array([0, 0xd8]))]) {
  try { run(); } catch (error) { console.log(error.name, error.code, error.message); }
}
console.log(new TextEncoder().encode('é€'), new TextEncoder().encodeInto('é€😀', new Uint8Array(6)));
