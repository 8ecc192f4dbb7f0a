console.log(['b', 'a', 'B', 'A', 'é', 'z', 'Z', '10', '9', '_', '-'].sort((a, b) => a.localeCompare(b)).join());
console.log(['a10', 'a2', 'a1'].sort(new Intl.Collator(undefined, { numeric: true }).compare).join());
for (const sensitivity of ['base', 'accent', 'case', 'variant']) console.log(sensitivity, 'a'.localeCompare('á', 'en', { sensitivity }), 'a'.localeCompare('A', 'en', { sensitivity }));
for (const part of new Intl.Segmenter('en', { granularity: 'word' }).segment('Hello, world! 3.5')) console.log(part.index, JSON.stringify(part.segment), part.isWordLike);
console.log([...new Intl.Segmenter().segment('e\u0301👩‍👩‍👧x')].map((part) => part.segment.length));
console.log(new Intl.Segmenter('en', { granularity: 'sentence' }).segment('A b. C d.').containing(6));
