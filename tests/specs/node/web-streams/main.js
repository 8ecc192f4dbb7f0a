(async () => {
  const source = new ReadableStream({ start(c) { c.enqueue('a'); c.enqueue('b'); c.close(); } });
  const upper = new TransformStream({ transform(chunk, c) { c.enqueue(chunk.toUpperCase()); } });
  const seen = [];
  await source.pipeThrough(upper).pipeTo(new WritableStream({ write(chunk) { seen.push(chunk); } }));
  console.log(seen);
  const [one, two] = new Blob(['tee']).stream().pipeThrough(new TextDecoderStream()).tee();
  console.log(await Array.fromAsync(one), await Array.fromAsync(two));
  const bytes = new ReadableStream({ type: 'bytes', pull(c) { c.enqueue(new Uint8Array([1, 2, 3])); c.close(); } });
  const reader = bytes.getReader({ mode: 'byob' });
  console.log(await reader.read(new Uint8Array(2)));
  const packed = await new Response(new Blob(['x'.repeat(100)]).stream().pipeThrough(new CompressionStream('gzip'))).arrayBuffer();
  console.log(packed.byteLength < 100, (await new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'))).text()).length);
  try { await new ReadableStream({ start(c) { c.error(new Error('bad')); } }).getReader().read(); } catch (error) { console.log(error.message); }
})();
