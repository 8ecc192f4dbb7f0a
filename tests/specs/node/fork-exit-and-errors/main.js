const { fork } = require('child_process');
if (process.argv[2] === 'exit') process.exit(7);
else if (process.argv[2] === 'throw') throw new Error('in the child');
else {
  const exits = fork(__filename, ['exit']);
  exits.on('exit', (code) => {
    console.log('exit', code);
    setTimeout(() => exits.send('late', (error) => console.log(error.code, error.message)), 20);
    const throws = fork(__filename, ['throw'], { silent: true });
    let text = '';
    throws.stderr.on('data', (data) => { text += data; });
    throws.on('close', (code) => console.log('close', code, text.includes('in the child')));
  });
}
