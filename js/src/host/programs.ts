/** The programs that ship with the package: fetched and compiled when first wanted, once, and shared as modules. */
import { ContainerError } from '../errors.js';

export class Programs {
  readonly #folder: string;
  readonly #modules = new Map<string, Promise<WebAssembly.Module>>();

  /** `folder`: the address, with its slash, under which `<name>.wasm` are. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  get(name: string): Promise<WebAssembly.Module> {
    let module = this.#modules.get(name);
    if (module === undefined) {
      module = loadModule(new URL(`${name}.wasm`, this.#folder).href);
      // A failed load is not kept: the next start tries again.
      module.catch(() => this.#modules.delete(name));
      this.#modules.set(name, module);
    }
    return module;
  }
}

/**
 * Fetches and compiles.
 *
 * @throws ContainerError ERR_LOAD, with the address and why.
 */
export async function loadModule(url: string): Promise<WebAssembly.Module> {
  const fail = (why: string, cause?: unknown): ContainerError =>
    new ContainerError({ code: 'ERR_LOAD', message: `${url} cannot be loaded: ${why}` }, { cause });
  let response: Response;
  try {
    response = await fetch(url);
  } catch (error) {
    throw fail(error instanceof Error ? error.message : String(error), error);
  }
  if (!response.ok) throw fail(`the server says ${response.status} ${response.statusText}`);
  try {
    // Streaming needs the right type, which not every static server sends.
    return response.headers.get('content-type')?.startsWith('application/wasm')
      ? await WebAssembly.compileStreaming(response)
      : await WebAssembly.compile(await response.arrayBuffer());
  } catch (error) {
    throw fail(error instanceof Error ? error.message : String(error), error);
  }
}
