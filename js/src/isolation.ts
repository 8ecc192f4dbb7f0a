/** Whether this page can run a container, and if not, what to do about it. */
import { ContainerError } from './errors.js';
import { IS_PAGE } from './platform.js';

/**
 * How programs wait for the kernel: in memory that both share, which is the fastest; with their stacks suspended; or in synchronous
 * requests that the service worker answers, which is the slowest.
 */
export type Isolation = 'shared-memory' | 'suspended-stacks' | 'synchronous-requests';

/** How a container is run, and why so. */
export interface Mode {
  isolation: Isolation;
  /** One sentence. */
  reason: string;
}

/** What `boot` may be asked for: the best there is; nothing less than shared memory; that, by the service worker and one reload; one of them. */
export type WantedIsolation = 'auto' | 'required' | 'reload' | Isolation;

export const ISOLATIONS: readonly WantedIsolation[] = ['auto', 'required', 'reload', 'shared-memory', 'suspended-stacks', 'synchronous-requests'];

const HEADERS: readonly (readonly [name: string, values: readonly string[]])[] = [
  ['Cross-Origin-Opener-Policy', ['same-origin']],
  ['Cross-Origin-Embedder-Policy', ['require-corp', 'credentialless']],
];

/**
 * @throws ContainerError ERR_NOT_ISOLATED, ERR_UNSUPPORTED_BROWSER
 */
export async function chooseMode(wanted: WantedIsolation, hasServiceWorker: boolean): Promise<Mode> {
  if (typeof WebAssembly !== 'object') throw unsupported('WebAssembly');
  if (!IS_PAGE && (wanted === 'auto' || wanted === 'required' || wanted === 'shared-memory')) {
    return { isolation: 'shared-memory', reason: 'this is no page, and threads share memory' };
  }
  if (IS_PAGE && typeof Worker !== 'function') throw unsupported('Worker');
  if (wanted === 'suspended-stacks' || wanted === 'synchronous-requests') return { isolation: wanted, reason: 'it was asked for' };
  if (globalThis.crossOriginIsolated) {
    if (typeof SharedArrayBuffer !== 'function') throw unsupported('SharedArrayBuffer');
    if (typeof Atomics.waitAsync === 'function') return { isolation: 'shared-memory', reason: 'the page is cross-origin isolated' };
    if (wanted !== 'auto') throw unsupported('Atomics.waitAsync');
  } else if (wanted !== 'auto') throw await notIsolated();
  const why = globalThis.crossOriginIsolated ? 'the browser has no Atomics.waitAsync' : `the page is not cross-origin isolated (${await whyNot()})`;
  if ('Suspending' in WebAssembly) return { isolation: 'suspended-stacks', reason: `${why}, and the browser can suspend WebAssembly` };
  if (hasServiceWorker) return { isolation: 'synchronous-requests', reason: `${why}, and the browser cannot suspend WebAssembly` };
  throw globalThis.crossOriginIsolated ? unsupported('Atomics.waitAsync') : await notIsolated();
}

function unsupported(what: string): ContainerError {
  return new ContainerError({ code: 'ERR_UNSUPPORTED_BROWSER', message: `this browser has no ${what}: use a current Chromium, Firefox or Safari` });
}

async function notIsolated(): Promise<ContainerError> {
  return new ContainerError({ code: 'ERR_NOT_ISOLATED', message: `this page is not cross-origin isolated: ${await whyNot()}` });
}

async function whyNot(): Promise<string> {
  if (!globalThis.isSecureContext) return `it comes over plain HTTP from ${location.host}: serve it over HTTPS, or from localhost`;
  const missing = await missingHeaders();
  if (missing.length > 0) return `serve it with the response header${missing.length > 1 ? 's' : ''} ${missing.join(' and ')}`;
  if (globalThis.self !== globalThis.top) return 'it is in a frame: give the frame allow="cross-origin-isolated", and isolate the page around it';
  return 'its headers are right, yet the browser does not isolate it: load it in a tab of its own';
}

/** Asks the server for the page's own headers, since a page cannot see them. */
async function missingHeaders(): Promise<string[]> {
  const all = HEADERS.map(([name, values]) => `${name}: ${values[0]!}`);
  let response: Response;
  try {
    response = await fetch(location.href, { method: 'HEAD', cache: 'no-store' });
  } catch {
    return all;
  }
  return HEADERS.filter(([name, values]) => !values.includes(response.headers.get(name)?.split(';')[0]?.trim() ?? '')).map(
    ([name, values]) => `${name}: ${values[0]!}`,
  );
}
