const fs = require('fs');
fs.writeFileSync('/tmp/blob', 'hello blob');
fs.openAsBlob('/tmp/blob', { type: 'text/plain' }).then(async (blob) => {
  console.log(blob.size, blob.type, await blob.text(), await blob.slice(6).text());
  fs.writeFileSync('/tmp/blob', 'it has changed since');
  await blob.text().catch((error) => console.log(error.name, error.message));
  fs.unlinkSync('/tmp/blob');
});
