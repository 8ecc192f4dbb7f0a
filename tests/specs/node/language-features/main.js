class A { static #count = 0; #secret = 1; static { A.#count = 5; } get secret() { return this.#secret; } static count = () => A.#count; static has = (o) => #secret in o; accessorless = this.secret; }
console.log(A.count(), A.has(new A()), A.has({}), new A().accessorless);
console.log([3, 1, 2].toSorted(), [1, 2, 3].at(-1), [1, [2, [3]]].flat(Infinity), Object.groupBy([1, 2, 3], (n) => (n % 2 ? 'odd' : 'even')), [1, 2, 3].findLast((n) => n < 3));
console.log('a-b'.replaceAll('-', '+'), /(?<y>\d{4})/.exec('in 2026').groups.y, [...'aXbX'.matchAll(/X/g)].length, 'x'.padStart(3, '.'), /\p{Lu}/v.test('É'), 'ab'.isWellFormed());
console.log(structuredClone(new Set([1])).union(new Set([2])), new Map([[1, 2]]).keys().map((k) => k + 1).toArray(), Iterator.from([1, 2, 3]).drop(1).take(1).toArray());
console.log(1_000n ** 2n, 0b11, 0o17, 5 ?? 1, null?.x, (({ a: { b = 2 } = {}, ...rest }) => [b, rest])({ c: 3 }), [...function* () { yield* [1, 2]; }()]);
label: for (const i of [1, 2]) { for (const j of [1, 2]) { if (j === 2) continue label; console.log(i, j); } }
console.log(new WeakRef({}).deref() !== undefined, typeof globalThis, Array.fromAsync !== undefined, Promise.withResolvers !== undefined, Symbol('d').description, JSON.rawJSON?.('1') !== undefined);
console.log(new Date(Date.UTC(2020, 1, 30)).toISOString(), Date.parse('2020-01-02 03:04:05'), Number('0x1f'), (25).toString(36), parseFloat('1.5e3x'), (0.1 + 0.2).toFixed(2), Math.hypot(3, 4), Math.clz32(1));
