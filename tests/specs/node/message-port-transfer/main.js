const { port1, port2 } = new MessageChannel();
const inner = new MessageChannel();
port2.on('message', ({ port, buffer }) => {
  console.log(buffer.byteLength);
  port.on('message', (text) => { console.log('through', text); port.close(); port2.close(); });
});
const buffer = new ArrayBuffer(8);
port1.postMessage({ port: inner.port1, buffer }, [inner.port1, buffer]);
console.log(buffer.byteLength, buffer.detached);
inner.port2.postMessage('hello');
for (const list of [[{}], [port1], [buffer]]) {
  try { port1.postMessage(null, list); } catch (error) { console.log(error.name, error.message); }
}
