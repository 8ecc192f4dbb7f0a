// Modules, instances, calls both ways, memory that grows, errors. The module is assembled here.
const str=s=>[s.length,...Buffer.from(s)], vec=a=>[a.length,...a.flat()], sec=(id,c)=>[id,c.length,...c];
const I=0x7f,L=0x7e,D=0x7c;
const bytes=Uint8Array.from([0,0x61,0x73,0x6d,1,0,0,0,
 ...sec(1,vec([[0x60,2,I,L,1,D],[0x60,1,I,1,D],[0x60,0,1,I],[0x60,0,0]])),
 ...sec(2,vec([[...str('m'),...str('f'),0,0]])),
 ...sec(3,vec([[1],[2],[3]])),
 ...sec(5,[1,0,1]),
 ...sec(7,vec([[...str('mem'),2,0],[...str('run'),0,1],[...str('grow'),0,2],[...str('trap'),0,3]])),
 ...sec(10,vec([[8,0,0x20,0,0x42,7,0x10,0,0x0b],[6,0,0x41,1,0x40,0,0x0b],[3,0,0,0x0b]]))]);
const m=new WebAssembly.Module(bytes);
console.log(WebAssembly.Module.imports(m),WebAssembly.Module.exports(m),WebAssembly.validate(bytes),WebAssembly.validate(new Uint8Array(4)));
let depth=0, inst;
inst=new WebAssembly.Instance(m,{m:{f(a,b){ if(a>0) return inst.exports.run(a-1)+Number(b); return 0.5; }}});
console.log(inst.exports.run(3), inst.exports.run.length, Object.keys(inst.exports));
const buf=inst.exports.mem.buffer; console.log(buf.byteLength); new Uint8Array(buf)[5]=9; console.log(inst.exports.grow(), buf.byteLength, inst.exports.mem.buffer.byteLength, new Uint8Array(inst.exports.mem.buffer)[5]);
try{inst.exports.trap()}catch(e){console.log(e.name,e.message,e instanceof WebAssembly.RuntimeError)}
const t=new WebAssembly.Instance(m,{m:{f(){throw new Error('thrown through')}}}); try{t.exports.run(1)}catch(e){console.log(e.message)}
for (const f of [()=>new WebAssembly.Module(new Uint8Array(3)),()=>new WebAssembly.Instance(m,{}),()=>new WebAssembly.Instance(m,{m:{}}),()=>new WebAssembly.Instance(m),()=>new WebAssembly.Memory({})]) try{f();console.log('?')}catch(e){console.log(e.name,e.constructor===WebAssembly[e.name]||e.name)}
const g=new WebAssembly.Global({value:'i64',mutable:true},5n); g.value=6n; console.log(g.value,String(g)); const tb=new WebAssembly.Table({element:'anyfunc',initial:2}); tb.set(0,inst.exports.run); console.log(tb.get(0)===inst.exports.run,tb.get(0)(0),tb.length,tb.grow(1),tb.length,tb.get(1));
const mem=new WebAssembly.Memory({initial:1,maximum:3}); const b0=mem.buffer; console.log(mem.grow(1),b0.byteLength,mem.buffer.byteLength);
WebAssembly.instantiate(bytes,{m:{f:()=>1}}).then(r=>console.log(Object.keys(r), r.instance instanceof WebAssembly.Instance, r.instance.exports.run(0)));
WebAssembly.compile(new Uint8Array(2)).catch(e=>console.log(e.name));
