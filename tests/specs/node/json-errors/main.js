for (const text of ['{', '{"a":}', '[1,]', 'nul', '"\n"', '{"a":1}x', '', undefined]) { try { JSON.parse(text); } catch (error) { console.log(error.name, error.message); } }
const cycle = { a: { b: {} } }; cycle.a.b.c = cycle; try { JSON.stringify(cycle); } catch (error) { console.log(error.message.split('\n')[0]); }
console.log(JSON.stringify({ d: new Date(0), u: undefined, f() {}, n: NaN, b: [undefined, Symbol('s')], nested: { toJSON() { return 'json'; } } }), JSON.stringify({ a: [1, { b: 2 }] }, null, 2), JSON.stringify('\ud800\u2028'));
try { JSON.stringify(1n); } catch (error) { console.log(error.message); }
console.log(JSON.parse('{"a":[1,2]}', (key, value) => (Array.isArray(value) ? value.length : value)), JSON.stringify({ a: 1, b: 2 }, ['b']));
