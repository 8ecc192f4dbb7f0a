// V8's wording for what Boa says.

/** What `messages.ts` finds out about the place of an error. */
export interface Words {
  notFunction(): string;
  notIterable(): string | undefined;
  /** The name of the function of the language at the top of the stack, if that is where the error is from. */
  native(): string;
  /** What is called there, as the source has it. */
  callee(): string;
}

/** Whole messages. */
export const boaMessages: Record<string, (words: Words) => string | undefined> = {
  __proto__: null as never,
  'not a callable function': (words) => words.notFunction(),
  'not a constructor': (words) => words.notFunction().replace(/ function$/, ' constructor'),
  "cannot convert 'null' or 'undefined' to object": () => 'Cannot convert undefined or null to object',
  'cannot convert null or undefined to Object': () => 'Cannot convert undefined or null to object',
  'cannot convert object to primitive value': () => 'Cannot convert object to primitive value',
  "can't convert symbol to string": () => 'Cannot convert a Symbol value to a string',
  'argument must not be a symbol': () => 'Cannot convert a Symbol value to a number',
  'argument must not be a bigint': (words) => (words.native() === '' ?
    'Cannot mix BigInt and other types, use explicit conversions' : 'Cannot convert a BigInt value to a number'),
  "class constructor cannot be invoked without 'new'": (words) =>
    `Class constructor ${words.callee() || '(anonymous)'} cannot be invoked without 'new'`,
  'cyclic object value': () => 'Converting circular structure to JSON',
  'cannot serialize bigint to JSON': () => 'Do not know how to serialize a BigInt',
  'invalid array length': () => 'Invalid array length',
  'superclass must be a constructor': () => 'Class extends value is not a constructor or null',
  'Array.prototype.reduce: called on an empty array and with no initial value': () => 'Reduce of empty array with no initial value',
  'Array.prototype.reduceRight: called on an empty array and with no initial value': () => 'Reduce of empty array with no initial value',
  'cannot mix BigInt and other types, use explicit conversions': () => 'Cannot mix BigInt and other types, use explicit conversions',
  'invalid escape character found': () => 'URI malformed',
  "Object.defineProperty: expected 'this' to be an Object": () => 'Object.defineProperty called on non-object',
  "Object.defineProperties: expected 'this' to be an Object": () => 'Object.defineProperties called on non-object',
  'Proxy constructor called with non-object target': () => 'Cannot create proxy with a non-object as target or handler',
  'Proxy constructor called with non-object handler': () => 'Cannot create proxy with a non-object as target or handler',
  'Promise NewTarget cannot be undefined': () => "Promise constructor cannot be invoked without 'new'",
  'abrupt end': () => 'Unexpected end of input',
  'Private element does not exist on object': () => 'Cannot read private member from an object whose class did not declare it',
};

/** What V8 calls a token that it did not expect. */
function unexpected(token: string): string {
  if (token === 'end of file' || token === '') return 'Unexpected end of input';
  if (/^["'`]/.test(token)) return 'Unexpected string';
  if (/^[\d.]*\d/.test(token)) return 'Unexpected number';
  if (/^(?:implements|interface|let|package|private|protected|public|static|yield)$/.test(token)) return 'Unexpected strict mode reserved word';
  if (/^(?:break|case|catch|class|const|continue|debugger|default|delete|do|else|enum|export|extends|false|finally|for|function|if|import|in|instanceof|new|null|return|super|switch|this|throw|true|try|typeof|var|void|while|with)$/.test(token)) {
    return `Unexpected token '${token}'`;
  }
  return /^[\p{ID_Start}$_]/u.test(token) ? `Unexpected identifier '${token}'` : `Unexpected token '${token}'`;
}

const PATTERNS: Array<[RegExp, (match: RegExpExecArray, words: Words) => string | undefined]> = [
  [/^expected token '\)', got '(?![)])[^]*' in (?:arguments|function call)/, () => 'missing ) after argument list'],
  [/^expected (?:token|one of) [^]*, got '([^]*?)'(?: in [^']*)?$/, ([, token]) => unexpected(token!)],
  [/^unexpected token '([^]*?)', /, ([, token]) => unexpected(token!)],
  [/^cannot mutate an immutable binding/, () => 'Assignment to constant variable.'],
  [/^cannot set non-writable property: ([^]*)$/, ([, name]) => `Cannot assign to read only property '${name}' of object '#<Object>'`],
  [/^cannot redefine property: ([^]*)$/, ([, name]) => `Cannot redefine property: ${name}`],
  [/^cannot delete non-configurable property: ([^]*)$/, ([, name]) => `Cannot delete property '${name}' of #<Object>`],
  [/^value with type `[^]*` is not iterable$/, (_, words) => words.notIterable() ?? 'object is not iterable'],
  [/^value with type `[^]*` is not callable$/, (_, words) => words.notFunction()],
  [/^right-hand side of 'in' should be an object/, () => "Cannot use 'in' operator to search for a key in a value that is not an object"],
  [/^cannot convert string '([^]*)' to bigint primitive$/, ([, text]) => `Cannot convert ${text} to a BigInt`],
];

/** V8's words for a message of Boa's that names something; `undefined` if it is none. */
export function boaWords(message: string, words: Words): string | undefined {
  for (const [pattern, say] of PATTERNS) {
    const match = pattern.exec(message);
    if (match !== null) return say(match, words);
  }
  return undefined;
}
