// What V8 says of a text that is no JSON: the engine only knows that it is none, so the text is read once more to find where.

/** V8 quotes this many characters on either side of the place in a long text. */
const CONTEXT = 10;
const ESCAPES = '"\\/bfnrt';

class Found extends Error {}

/** V8's message for `text`, which `JSON.parse` has refused; `given` is what the caller passed. */
export function explain(text: string, given: unknown): string {
  if (typeof given !== 'string' && ['NaN', 'Infinity', 'undefined', '[object Object]'].includes(text)) return `"${text}" is not valid JSON`;
  let at = 0;
  const fail = (message: string, place = at, where = ' in JSON'): never => {
    const before = text.slice(0, place).split('\n');
    throw new Found(`${message}${where} at position ${place} (line ${before.length} column ${before.at(-1)!.length + 1})`);
  };
  const unexpected = (): never => {
    const char = text[at];
    if (char === undefined) throw new Found('Unexpected end of JSON input');
    if (char === '"') return fail('Unexpected string');
    if (/[\d-]/.test(char)) return fail('Unexpected number');
    const start = Math.max(0, at - CONTEXT);
    const end = Math.min(text.length, at + CONTEXT);
    const long = text.length > CONTEXT * 2;
    const head = long && start > 0 ? '...' : '';
    const tail = long && end < text.length ? '...' : '';
    throw new Found(`Unexpected token '${char}', ${head}"${long ? text.slice(start, end) : text}"${tail} is not valid JSON`);
  };
  const space = (): void => { while (/[ \t\n\r]/.test(text[at] ?? '')) at += 1; };
  const word = (expected: string): void => {
    for (const char of expected) {
      if (text[at] !== char) unexpected();
      at += 1;
    }
  };
  const number = (): void => {
    if (text[at] === '-') {
      at += 1;
      if (!/\d/.test(text[at] ?? '')) fail('No number after minus sign');
    }
    if (text[at] === '0') {
      at += 1;
      if (/\d/.test(text[at] ?? '')) fail('Unexpected number');
    } else while (/\d/.test(text[at] ?? '')) at += 1;
    if (text[at] === '.') {
      at += 1;
      if (!/\d/.test(text[at] ?? '')) fail('Unterminated fractional number');
      while (/\d/.test(text[at] ?? '')) at += 1;
    }
    if (/[eE]/.test(text[at] ?? '')) {
      at += 1;
      if (/[+-]/.test(text[at] ?? '')) at += 1;
      if (!/\d/.test(text[at] ?? '')) fail('Exponent part is missing a number');
      while (/\d/.test(text[at] ?? '')) at += 1;
    }
  };
  const string = (): void => {
    at += 1;
    for (;;) {
      const char = text[at];
      if (char === undefined) fail('Unterminated string');
      if (char === '"') break;
      if (char! < ' ') fail('Bad control character in string literal');
      if (char === '\\') {
        at += 1;
        if (text[at] === 'u') {
          for (let i = 1; i <= 4; i += 1) if (!/[\da-fA-F]/.test(text[at + i] ?? '')) fail('Bad Unicode escape', at + i);
          at += 4;
        } else if (text[at] === undefined || !ESCAPES.includes(text[at]!)) fail('Bad escaped character');
      }
      at += 1;
    }
    at += 1;
  };
  const list = (close: string, what: string, item: (first: boolean) => void): void => {
    at += 1;
    space();
    if (text[at] === close) {
      at += 1;
      return;
    }
    for (let first = true; ; first = false) {
      space();
      item(first);
      space();
      if (text[at] === close) break;
      if (text[at] !== ',') fail(`Expected ',' or '${close}' after ${what}`);
      at += 1;
    }
    at += 1;
  };
  const value = (): void => {
    space();
    const char = text[at] ?? '';
    if (char === '{') {
      list('}', 'property value', (first) => {
        if (text[at] !== '"') fail(first ? "Expected property name or '}'" : 'Expected double-quoted property name');
        string();
        space();
        if (text[at] !== ':') fail("Expected ':' after property name");
        at += 1;
        value();
      });
    } else if (char === '[') list(']', 'array element', value);
    else if (char === '"') string();
    else if (char === 't') word('true');
    else if (char === 'f') word('false');
    else if (char === 'n') word('null');
    else if (/[\d-]/.test(char)) number();
    else unexpected();
  };
  try {
    value();
    space();
    if (at < text.length) fail('Unexpected non-whitespace character after JSON', at, '');
  } catch (error) {
    if (error instanceof Found) return error.message;
    throw error;
  }
  return 'Unexpected end of JSON input';
}
