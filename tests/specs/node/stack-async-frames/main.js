class Job { async outer() { await null; await this.inner(); } async inner() { await 1; throw new Error('deep'); } }
async function main() { await new Job().outer(); }
main().catch((error) => console.log(error.stack.split('\n').slice(0, 4).join('\n')));
