/** What differs between a page and a server-side runtime: Node, Bun, Deno. */

/** As much of a Worker as is used. */
export interface WorkerLike {
  onmessage: ((event: MessageEvent) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
  postMessage(message: unknown, transfer: Transferable[]): void;
  terminate(): void;
}

type MakeWorker = (url: URL, name: string) => WorkerLike;

let makeWorker: MakeWorker = (url, name) => new Worker(url, { type: 'module', name });

/** For runtimes whose workers are others than the web's; see node.ts. */
export function setMakeWorker(make: MakeWorker): void {
  makeWorker = make;
}

export function newWorker(url: URL, name: string): WorkerLike {
  return makeWorker(url, name);
}

/** Whether there is a page, with service workers and isolation; else memory is shared freely, and there are no previews. */
export const IS_PAGE = typeof document === 'object';

/** What relative addresses start at. */
export function baseUrl(): string {
  return globalThis.location?.href ?? import.meta.url;
}
