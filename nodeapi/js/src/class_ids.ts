// The engine's internal classes, found by asking it about one object of each.

const { classId } = host.engine;

const generator = function* (): Generator {};
const asyncGenerator = async function* (): AsyncGenerator {};

function ids(...samples: unknown[]): Set<number> {
  return new Set(samples.map((sample) => classId(sample)));
}

const mapped = Function('a', 'return arguments')(1);
const unmapped = (function(this: unknown): unknown {
  'use strict';
  return arguments;
})();

const error = ids(new Error());
const dates = ids(new Date(0));
const regexps = ids(/x/);
const maps = ids(new Map());
const sets = ids(new Set());
const weakMaps = ids(new WeakMap());
const weakSets = ids(new WeakSet());
const mapIterators = ids(new Map().entries());
const setIterators = ids(new Set().values());
const promises = ids(Promise.resolve());
const argumentObjects = ids(mapped, unmapped);
const numbers = ids(Object(1));
const strings = ids(Object(''));
const booleans = ids(Object(true));
const symbols = ids(Object(Symbol()));
const bigints = ids(Object(1n));
const arrayBuffers = ids(new ArrayBuffer(0));
const sharedArrayBuffers = ids(new SharedArrayBuffer(0));
const generatorFunctions = ids(generator, asyncGenerator);
const asyncFunctions = ids(async () => {}, asyncGenerator);
const generators = ids(generator(), asyncGenerator());
const proxies = ids(new Proxy({}, {}));
const has = (set: Set<number>) => {
  const all = [...set];
  if (all.length === 1) {
    const only = all[0];
    return (value: unknown): boolean => classId(value) === only;
  }
  return (value: unknown): boolean => set.has(classId(value));
};

export const isNativeError = has(error);
export const isDate = has(dates);
export const isRegExp = has(regexps);
export const isMap = has(maps);
export const isSet = has(sets);
export const isWeakMap = has(weakMaps);
export const isWeakSet = has(weakSets);
export const isMapIterator = has(mapIterators);
export const isSetIterator = has(setIterators);
export const isPromise = has(promises);
export const isArgumentsObject = has(argumentObjects);
export const isNumberObject = has(numbers);
export const isStringObject = has(strings);
export const isBooleanObject = has(booleans);
export const isSymbolObject = has(symbols);
export const isBigIntObject = has(bigints);
export const isArrayBuffer = has(arrayBuffers);
export const isSharedArrayBuffer = has(sharedArrayBuffers);
export const isGeneratorFunction = has(generatorFunctions);
export const isAsyncFunction = has(asyncFunctions);
export const isGeneratorObject = has(generators);
export const isProxy = has(proxies);
export const isAnyArrayBuffer = (value: unknown): boolean => isArrayBuffer(value) || isSharedArrayBuffer(value);
export const isBoxedPrimitive = has(new Set([...numbers, ...strings, ...booleans, ...symbols, ...bigints]));
