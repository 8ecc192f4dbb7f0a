// The engine tells where a function was written by getters of `Function.prototype`. V8 has none, and a class cannot give itself
// a static `fileName` while they are there: assigning to what a prototype only reads is an error.

/** Removes `fileName`, `lineNumber` and `columnNumber` from the functions of a realm with this global object. */
export function hideFunctionOrigin(global: any): void {
  for (const name of ['fileName', 'lineNumber', 'columnNumber']) delete global.Function.prototype[name];
}
