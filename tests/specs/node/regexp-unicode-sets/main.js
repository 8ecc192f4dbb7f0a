// The flag `v` changes what may stand in a class, and nothing outside one.
const sources = [
  'foo-bar', 'a--b', 'x@@y&&z', 'a!!##%%,,::;;<<==>>``~~b', '\\d{4}-\\d{2}', '(?:a-z)', '(?<!-)a', '[a-z]-[0-9]',
  '[a-z&&[aeiou]]', '[a-z--[aeiou]]', '[a&&&b]', '[a@@b]', '[(]', '[a-]', '[\\-]', 'a)', '{', '\\-', '[[]',
];
for (const source of sources) {
  for (const flag of ['u', 'v']) {
    let result;
    try {
      const regexp = new RegExp(source, flag);
      result = ['foo-bar', 'a--b', 'x@@y&&z', 'a!!##%%,,::;;<<==>>``~~b', '2024-06', 'a-z', '-aa', 'q-7', 'e', 'b', '-']
        .map((text) => regexp.exec(text)?.[0] ?? '').join();
    } catch (error) {
      result = error.name;
    }
    console.log(`/${source}/${flag}`, result);
  }
}
