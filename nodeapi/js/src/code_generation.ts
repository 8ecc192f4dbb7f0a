// Realms in which text cannot become code: `--disallow-code-generation-from-strings`, and `codeGeneration: { strings: false }` of a context.

/** Makes `eval` and the constructors of functions throw, in the realm of this global object. */
export function forbidStrings(global: any): void {
  const refuse = (): never => {
    throw new global.EvalError('Code generation from strings disallowed for this context');
  };
  const functions: any[] = global.Function('return [function() {}, async () => {}, function* () {}, async function* () {}]')();
  for (const prototype of functions.map(Object.getPrototypeOf)) {
    const original = prototype.constructor;
    const replaced = { [original.name]: function(_body: unknown): never { return refuse(); } }[original.name]!;
    Object.defineProperty(replaced, 'prototype', { value: prototype, writable: false });
    Object.setPrototypeOf(replaced, global.Function === original ? prototype : global.Function);
    Object.defineProperty(prototype, 'constructor', { value: replaced });
    if (global.Function === original) global.Function = replaced;
  }
  // An `eval` that is not the engine's is called like any function.
  global.eval = { eval(_text: unknown): never { return refuse(); } }.eval;
}
