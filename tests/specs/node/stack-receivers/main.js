const object = { method() { throw new Error('a'); }, get value() { throw new Error('g'); } };
class Thing { constructor(fails) { if (fails) throw new Error('c'); } run() { object.method(); } static make() { new Thing(true); } }
const show = (run) => { try { run(); } catch (error) { console.log(error.stack.split('\n').slice(0, 4).join('\n')); } };
show(() => new Thing().run());
show(() => Thing.make());
show(() => object.value);
show(() => [1].map((x) => x.y.z));
process.nextTick(() => console.log(new Error('tick').stack));
setImmediate(() => console.log(new Error('immediate').stack.split('\n').slice(0, 3).join('\n')));
