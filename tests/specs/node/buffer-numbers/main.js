const buffer = Buffer.alloc(16);
for (const [write, read, value] of [['writeInt8', 'readInt8', -5], ['writeUInt16BE', 'readUInt16BE', 0xabcd], ['writeInt32LE', 'readInt32LE', -123456], ['writeDoubleBE', 'readDoubleBE', Math.PI], ['writeFloatLE', 'readFloatLE', 1.5], ['writeBigInt64BE', 'readBigInt64BE', -1n]]) {
  buffer.fill(0); buffer[write](value, 1); console.log(write, buffer.toString('hex'), buffer[read](1));
}
buffer.writeIntBE(-2, 0, 6); console.log(buffer.readIntBE(0, 6), buffer.readUIntLE(0, 3));
for (const run of [() => buffer.readInt32LE(13), () => buffer.writeUInt8(256), () => buffer.readInt8('1'), () => Buffer.alloc(-1), () => Buffer.from(5)]) { try { run(); } catch (error) { console.log(error.code, error.message); } }
console.log(Buffer.from('abcd').swap16().toString(), Buffer.compare(Buffer.from('a'), Buffer.from('b')), Buffer.from([1, 2, 3]).equals(new Uint8Array([1, 2, 3])));
console.log(Buffer.concat([Buffer.from('a'), Buffer.from('b')], 3), Buffer.from('hello').subarray(-3, -1).toString(), buffer.indexOf(0xff), Buffer.from('abcabc').lastIndexOf('bc'));
