// What V8 says of sources that are none.
const attempt = (source, run) => {
  try { run(source); console.log('no error <-', source); } catch (e) { console.log(`${e.name}: ${e.message} <-`, source); }
};
for (const source of [
  'foo bar', 'let a; let a', 'var a; let a', '{', '(', '[1,2', 'f(a b)', 'f(a', 'f(', 'if', 'if(', 'if(1', 'else', 'for(',
  'for(;;', '1 2', 'a "x"', 'a `x` 5', '"abc', 'ab\nc', '`${a b}`', '/abc', '/(/', '1a', '0x', '08n', 'a.5', 'a..b', 'const a',
  'const {a}', 'let {a}', 'let let=1', 'const [a];', 'var 1', 'var if', 'function(){}', 'function f(', 'function f(a,){',
  'function f(a,a){"use strict"}', '(a,a)=>1', 'class', 'class A{constructor(){}constructor(){}}', 'class A{get constructor(){}}',
  'class A{#a;#a}', 'class A{static prototype(){}}', 'x.#a', 'class A{m(){this.#z}}', 'super.x', 'super()', 'new.target',
  'await 1', 'async()=>{await}', 'function f(){await x}', 'yield 1', 'function*g(){yield\n* 2}', 'return', 'break', 'continue',
  'x:x:1', 'break foo', 'while(1){continue foo}', 'switch(1){default:default:}', 'try{}', 'throw\n1', '1=2', '1++', '++1', 'a+b=c',
  '({a:1}=b)', '({a=1})', '({a b})', '({get a(x){}})', '({set a(){}})', '({__proto__:1,__proto__:2})', '"use strict";with(a){}',
  '"use strict";delete a', '"use strict";010', '"use strict";"\\01"', '"use strict";eval=1', '"use strict";let static',
  '"use strict";implements=1', '"use strict";arguments++', 'import a from "b"', 'export default 1', 'import.meta',
  'import("a","b","c")', 'if(1) let a', 'if(1) class A{}', 'while(1) function f(){}', 'label: let\nx', 'for(let a of b,c);',
  'for(const a in b=1);', 'for(let a=1 of b);', 'for(var i=0 in {});', 'async function f(){for await(a in b);}', 'a=>{}()',
  '()=>{}=1', '(a,b)=>{"use strict"', '(...a,b)=>1', 'function f(...a,b){}', 'function f(...a=1){}', '[...a,b]=c', 'a ?? b || c',
  '-1**2', 'let [a,a]=b', 'var a; class a{}', 'function f(a){let a}', 'try{}catch(e){let e}', 'enum a', '\\u0061wait',
  'v\\u0061r a', '"\\xZ"', 'a#b', '}', ')', ']', 'a)', 'if(1){}}', '`\\u`', '<!-- x', '0++', 'let a = ;', 'var a = ,', 'a ? b',
  'a ? b :', 'do x while(1', 'case 1:', 'catch', 'a = {b:', 'a = [', 'x => {', 'async x y', 'new', 'typeof', 'void', 'delete', '!',
  'a.', 'a?.', 'a[', '...a', 'function*f(){yield = 1}', '({async *a b(){}})', 'let undefined', 'debugger x', 'import x', 'export',
  'static', 'with', 'const a=1;a', 'for(;;)', 'for(let of x);', 'for(async of x);', 'class A extends{}', 'class A{a b}',
  'class A{static{return}}', 'class A{static{arguments}}', 'class A{m(){delete this.#a}#a}',
]) attempt(source, (text) => new Function(text));
for (const source of [
  'let q1; var q1', 'let q2=1', 'let q2=2', 'function q2(){}', 'import a from "x"', 'export {a}', 'return 1', 'await 1', 'x y',
  'var let1=5;let1',
]) attempt(source, globalThis.eval);
