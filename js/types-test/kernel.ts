/** What is declared by hand for the kernel's wasm is what wasm-bindgen makes of it. Wants dist/kernel to be built. */
import type * as Generated from '../dist/kernel/oac_web.js';
import type * as Declared from '../src/kernel/oac_web.js';

export const kernel = (generated: Generated.WebKernel): Declared.WebKernel => generated;
export const make: new (...args: ConstructorParameters<typeof Declared.WebKernel>) => Declared.WebKernel = null as unknown as typeof Generated.WebKernel;
