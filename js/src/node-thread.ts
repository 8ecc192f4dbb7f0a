/** A thread of Node in which a script for a web worker runs: what that expects around it is put there first. */
import { readFile } from 'node:fs/promises';
import { parentPort, workerData, type Transferable } from 'node:worker_threads';

interface WorkerScope {
  self: unknown;
  onmessage: ((event: { data: unknown }) => void) | null;
  postMessage: (message: unknown, transfer?: Transferable[]) => void;
  addEventListener: (type: string, listener: (event: { reason?: unknown; error?: unknown }) => void) => void;
}

const port = parentPort!;
const scope = globalThis as unknown as WorkerScope;
scope.self = globalThis;
scope.postMessage = (message, transfer = []): void => port.postMessage(message, transfer);
scope.addEventListener = (type, listener): void => {
  if (type === 'unhandledrejection') process.on('unhandledRejection', (reason: unknown) => listener({ reason }));
  if (type === 'error') process.on('uncaughtException', (error: unknown) => listener({ error }));
};

/** Node's own does not read files. */
const web = globalThis.fetch;
globalThis.fetch = async (input, init): Promise<Response> => {
  const url = input instanceof Request ? input.url : String(input);
  if (!url.startsWith('file:')) return web(input, init);
  const bytes = await readFile(new URL(url));
  return new Response(new Uint8Array(bytes), { headers: { 'content-type': url.endsWith('.wasm') ? 'application/wasm' : 'application/octet-stream' } });
};

// Messages that come before the script is there wait in the port.
await import((workerData as { url: string }).url);
port.on('message', (data: unknown) => scope.onmessage?.({ data }));
