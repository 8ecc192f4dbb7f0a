const one = new BroadcastChannel('news');
const two = new BroadcastChannel('news');
const other = new BroadcastChannel('other');
other.onmessage = () => console.log('never');
two.onmessage = ({ data }) => { console.log('two', data); two.postMessage('answer'); };
one.onmessage = ({ data }) => { console.log('one', data); for (const channel of [one, two, other]) channel.close(); };
one.postMessage({ a: new Map([[1, 2]]) });
console.log(one.name);
try { one.postMessage(() => {}); } catch (error) { console.log(error.name, error.code); }
