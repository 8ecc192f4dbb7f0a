/** Whether this page can run a container, and if not, what to do about it. */
import { ContainerError } from './errors.js';

/** How task workers wait for the kernel, and why. */
export interface Mode {
  isolation: 'shared-memory';
  /** One sentence. */
  reason: string;
}

const HEADERS: readonly (readonly [name: string, values: readonly string[]])[] = [
  ['Cross-Origin-Opener-Policy', ['same-origin']],
  ['Cross-Origin-Embedder-Policy', ['require-corp', 'credentialless']],
];

/**
 * @throws ContainerError ERR_NOT_ISOLATED, ERR_UNSUPPORTED_BROWSER
 */
export async function chooseMode(): Promise<Mode> {
  if (typeof WebAssembly !== 'object') throw unsupported('WebAssembly');
  if (!globalThis.crossOriginIsolated) throw await notIsolated();
  if (typeof SharedArrayBuffer !== 'function') throw unsupported('SharedArrayBuffer');
  if (typeof Atomics.waitAsync !== 'function') throw unsupported('Atomics.waitAsync');
  return { isolation: 'shared-memory', reason: 'the page is cross-origin isolated' };
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
