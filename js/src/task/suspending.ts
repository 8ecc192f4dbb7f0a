/** JavaScript Promise Integration, which TypeScript's own types do not have yet. https://webassembly.github.io/js-promise-integration/ */

type Values = (number | bigint)[];

interface PromiseIntegration {
  Suspending: new (run: (...args: Values) => Promise<number | bigint>) => WebAssembly.ImportValue;
  promising(run: WebAssembly.ExportValue): (...args: Values) => Promise<number | bigint | undefined>;
}

const integration = WebAssembly as unknown as PromiseIntegration & { promising: PromiseIntegration['promising'] | undefined };

/** An import that suspends the program until its promise is settled. */
export const Suspending = integration.Suspending;

/** An export whose calls may be suspended; `undefined` in a browser without it. */
export const { promising } = integration;
