/** Patterns of `includes` and `excludes`: `*`, `?`, `**`, `[…]`, `{a,b}`. A pattern without a slash fits a name at any depth. */

const SPECIAL = /[.+^$()|\\]/;

function translate(pattern: string): string {
  let out = '';
  let braces = 0;
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at]!;
    if (char === '*' && pattern[at + 1] === '*') {
      const atStart = at === 0 || pattern[at - 1] === '/';
      at++;
      if (atStart && pattern[at + 1] === '/') {
        at++;
        out += '(?:[^/]+/)*';
      } else out += '.*';
    } else if (char === '*') out += '[^/]*';
    else if (char === '?') out += '[^/]';
    else if (char === '[') {
      const end = pattern.indexOf(']', at + 2);
      if (end < 0) out += '\\[';
      else {
        out += `[${pattern.slice(at + 1, end).replace(/^!/, '^').replaceAll('\\', '\\\\')}]`;
        at = end;
      }
    } else if (char === '{') {
      braces++;
      out += '(?:';
    } else if (char === '}' && braces > 0) {
      braces--;
      out += ')';
    } else if (char === ',' && braces > 0) out += '|';
    else out += SPECIAL.test(char) || char === '}' ? `\\${char}` : char;
  }
  // A brace that is not closed stands for itself.
  return braces === 0 ? out : pattern.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** A test of paths relative to the folder that is looked at, without a slash in front. */
export function globs(patterns: readonly string[]): (path: string) => boolean {
  const tests = patterns.map((pattern) => {
    const relative = pattern.replace(/^\.?\//, '').replace(/\/+$/, '');
    const body = translate(relative);
    return new RegExp(relative.includes('/') || pattern.startsWith('/') ? `^${body}$` : `^(?:.*/)?${body}$`, 's');
  });
  return (path) => tests.some((test) => test.test(path));
}
