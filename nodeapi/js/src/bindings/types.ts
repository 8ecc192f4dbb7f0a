import * as ids from '../class_ids';

export function create(): object {
  const { moduleNamespaces } = host.loadGlue('bindings/module_wrap');
  const is = {
    isArgumentsObject: ids.isArgumentsObject,
    isArrayBuffer: ids.isArrayBuffer,
    isAsyncFunction: ids.isAsyncFunction,
    isBigIntObject: ids.isBigIntObject,
    isBooleanObject: ids.isBooleanObject,
    isDate: ids.isDate,
    isExternal: () => false,
    isGeneratorFunction: ids.isGeneratorFunction,
    isGeneratorObject: ids.isGeneratorObject,
    isMap: ids.isMap,
    isMapIterator: ids.isMapIterator,
    isModuleNamespaceObject: (value: unknown) => moduleNamespaces.is(value),
    isNativeError: ids.isNativeError,
    isNumberObject: ids.isNumberObject,
    isPromise: ids.isPromise,
    isProxy: ids.isProxy,
    isRegExp: ids.isRegExp,
    isSet: ids.isSet,
    isSetIterator: ids.isSetIterator,
    isSharedArrayBuffer: ids.isSharedArrayBuffer,
    isStringObject: ids.isStringObject,
    isSymbolObject: ids.isSymbolObject,
    isWeakMap: ids.isWeakMap,
    isWeakSet: ids.isWeakSet,
    isAnyArrayBuffer: ids.isAnyArrayBuffer,
    isBoxedPrimitive: ids.isBoxedPrimitive,
  };
  // Those of Node's C++ have no names.
  for (const test of Object.values(is)) Object.defineProperty(test, 'name', { value: '', configurable: true });
  return is;
}
