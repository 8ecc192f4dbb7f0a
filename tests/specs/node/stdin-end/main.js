let text = ''; process.stdin.setEncoding('utf8'); process.stdin.on('data', (d) => { text += d; }); process.stdin.on('end', () => console.log('end', JSON.stringify(text)));
