import * as ids from '../class_ids';

export function create(): object {
  const { moduleNamespaces } = host.loadGlue('bindings/module_wrap');
  return {
    isExternal: () => false,
    isDate: ids.isDate,
    isArgumentsObject: ids.isArgumentsObject,
    isBigIntObject: ids.isBigIntObject,
    isBooleanObject: ids.isBooleanObject,
    isNumberObject: ids.isNumberObject,
    isStringObject: ids.isStringObject,
    isSymbolObject: ids.isSymbolObject,
    isBoxedPrimitive: ids.isBoxedPrimitive,
    isNativeError: ids.isNativeError,
    isRegExp: ids.isRegExp,
    isAsyncFunction: ids.isAsyncFunction,
    isGeneratorFunction: ids.isGeneratorFunction,
    isGeneratorObject: ids.isGeneratorObject,
    isPromise: ids.isPromise,
    isMap: ids.isMap,
    isSet: ids.isSet,
    isMapIterator: ids.isMapIterator,
    isSetIterator: ids.isSetIterator,
    isWeakMap: ids.isWeakMap,
    isWeakSet: ids.isWeakSet,
    isArrayBuffer: ids.isArrayBuffer,
    isDataView: (value: unknown) => ArrayBuffer.isView(value) && !(value instanceof Object.getPrototypeOf(Uint8Array)),
    isSharedArrayBuffer: ids.isSharedArrayBuffer,
    isProxy: ids.isProxy,
    isModuleNamespaceObject: (value: unknown) => moduleNamespaces.is(value),
    isAnyArrayBuffer: ids.isAnyArrayBuffer,
  };
}
