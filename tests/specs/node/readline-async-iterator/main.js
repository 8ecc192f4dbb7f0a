const readline = require('readline');
const fs = require('fs');
fs.writeFileSync('/tmp/lines', 'one\ntwo\r\nthree');
(async () => {
  for await (const line of readline.createInterface({ input: fs.createReadStream('/tmp/lines'), crlfDelay: Infinity })) console.log(JSON.stringify(line));
  fs.unlinkSync('/tmp/lines');
})();
