const { Blob, File, Buffer } = require('buffer');
(async () => {
  const blob = new Blob(['ab', new Uint8Array([99]), new Blob(['d'])], { type: 'Text/Plain', endings: 'native' });
  console.log(blob.size, blob.type, await blob.text(), await blob.slice(1, -1).text(), blob);
  console.log(Buffer.from(await blob.arrayBuffer()), await blob.bytes());
  const file = new File(['x'], 'name.txt', { lastModified: 5, type: 'a/b' });
  console.log(file.name, file.lastModified, file instanceof Blob, await file.text());
  let length = 0; for await (const chunk of blob.stream()) length += chunk.length; console.log(length);
  const url = URL.createObjectURL(blob); console.log(/^blob:nodedata:/.test(url)); URL.revokeObjectURL(url);
  const form = new FormData(); form.append('a', 'b'); form.append('f', file); console.log([...form].map(([k, v]) => [k, v.name ?? v]));
})();
