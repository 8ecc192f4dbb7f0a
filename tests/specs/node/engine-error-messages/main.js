const o = { a: {} }, u = undefined; const tries = [
  () => u(), () => o.x(), () => o.a.b(), () => o.a['b'](1), () => new o.x(), () => new u(), () => u.foo, () => null.foo, () => o.a.b.c, () => { u.x = 1; }, () => { const c = 1; c = 2; }, () => { y; let y; }, () => notDefined,
  () => { 'use strict'; undeclared = 1; }, () => Symbol() + '', () => new Array(-1), () => [].reduce((a) => a), () => JSON.parse('{bad'), () => JSON.parse(''), () => JSON.parse('[1,]'), () => 1n + 1, () => decodeURIComponent('%'),
  () => new Date(NaN).toISOString(), () => (1).toFixed(200), () => Object.defineProperty(1, 'a', {}), () => new Proxy({}, null), () => { for (const q of o); }, () => (class A {})(), () => require('fs').nope(), () => { class B extends Object { constructor() { this.x; } } new B(); }, () => Promise(),
]; for (const t of tries) { try { t(); console.log('no error', t); } catch (e) { console.log(e.name, '|', e.message, '|', e instanceof Error); } }
