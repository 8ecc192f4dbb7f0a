/**
 * What the unmodified client of `@webcontainer/api` loads in a hidden frame, under the path `/headless` of the origin that
 * `WEBCONTAINER_API_IFRAME_URL` names:
 *
 *     <!doctype html>
 *     <script type="module">
 *       import { serveHeadless } from '/headless.js';
 *       serveHeadless({ registry: '/registry/' });
 *     </script>
 */
import type { InternalDirectory } from './archive/snapshot.js';
import { DirEnt, type BufferEncoding, type FileSystem, type WatchOptions } from './filesystem.js';
import { expose, served } from './rpc.js';
import type { FileSystemTree } from './tree.js';
import { WebContainer, type BootOptions } from './webcontainer.js';

type Listener = (...args: unknown[]) => void;

interface RunOptions {
  command: string;
  args: string[];
  cwd?: string;
  env?: Record<string, string>;
  terminal?: { cols: number; rows: number };
}

/** Answers the client of the page around this frame. `options` are those of every boot that the client has no word for. */
export function serveHeadless(options: Omit<BootOptions, 'coep' | 'workdirName' | 'forwardPreviewErrors'> = {}): void {
  const { port1, port2 } = new MessageChannel();
  const build = async ({ workdirName, forwardPreviewErrors }: Pick<BootOptions, 'workdirName' | 'forwardPreviewErrors'>): Promise<object> => {
    const container = await WebContainer.boot({
      ...options,
      ...(workdirName === undefined ? {} : { workdirName }),
      ...(forwardPreviewErrors === undefined ? {} : { forwardPreviewErrors }),
    });
    return served(instance(container));
  };
  expose({ build }, port1);
  window.parent.postMessage({ type: 'init' }, '*', [port2]);
}

function instance(container: WebContainer): object {
  return {
    fs: () => served(files(container.fs)),
    previewScript: () => served({}),
    runtimeInfo: () => ({ path: container.path, cwd: container.workdir }),
    run: (options: RunOptions, stdout?: Listener, _stderr?: Listener, output?: Listener) => run(container, options, output ?? stdout),
    serialize: async (path: string, options: { format: 'json' | 'binary' | 'zip'; includes?: string[]; excludes?: string[] }) => {
      const { format, includes, excludes } = options;
      const filter = { ...(includes === undefined ? {} : { includes }), ...(excludes === undefined ? {} : { excludes }) };
      if (format !== 'json') return container.export(path, { format, ...filter });
      return new TextEncoder().encode(JSON.stringify(internal(await container.export(path, { format: 'json', ...filter }))));
    },
    loadFiles: (payload: Uint8Array, options?: { mountPoints?: string }) =>
      container.mount(payload, options?.mountPoints === undefined ? {} : { mountPoint: options.mountPoints }),
    on: (event: 'port', listener: Listener) => container.on(event, listener as never),
    setPreviewScript: (src: string, options?: { type?: 'module' | 'importmap' }) => container.setPreviewScript(src, options),
    setCredentials: () => undefined,
    teardown: () => container.teardown(),
  };
}

async function run(container: WebContainer, { command, args, cwd, env, terminal }: RunOptions, output: Listener | undefined): Promise<object> {
  const process = await container.spawn(command, args, {
    ...(cwd === undefined ? {} : { cwd }),
    ...(env === undefined ? {} : { env }),
    ...(terminal === undefined ? {} : { terminal }),
  });
  const encoder = new TextEncoder();
  // Without a listener nobody is held up: a stream that was never taken keeps the newest only.
  if (output !== undefined) {
    const sink = new WritableStream<string>({ write: (text) => output(encoder.encode(text)), close: () => output(null) });
    void process.output.pipeTo(sink).catch(() => undefined);
  }
  const writer = process.input.getWriter();
  return served({
    write: (data: string) => writer.write(data),
    kill: () => process.kill(),
    resize: (size: { cols: number; rows: number }) => process.resize(size),
    onExit: process.exit,
  });
}

const TYPE_FILE = 1;
const TYPE_FOLDER = 2;

function files(fs: FileSystem): object {
  return {
    readFile: (path: string, encoding?: BufferEncoding | null) => fs.readFile(path, encoding),
    writeFile: (path: string, data: string | Uint8Array, options?: string) => fs.writeFile(path, data, options),
    rename: (from: string, to: string) => fs.rename(from, to),
    rm: (path: string, options?: { force?: boolean; recursive?: boolean }) => fs.rm(path, options),
    mkdir: (path: string, options?: { recursive?: boolean }) => fs.mkdir(path, options as { recursive: true }),
    readdir: async (path: string, options?: { withFileTypes: true }) => {
      const entries: unknown[] = await fs.readdir(path, options as { withFileTypes: true });
      return entries.map((entry) => (entry instanceof DirEnt ? { name: entry.name, 'Symbol(type)': entry.isDirectory() ? TYPE_FOLDER : TYPE_FILE } : entry));
    },
    watch: (path: string, options: WatchOptions | null, listener?: Listener) => {
      const watcher = fs.watch(path, options, (event, name) => listener?.(event, name));
      return served({ close: () => watcher.close() });
    },
  };
}

/** As the client reads it: bytes are a string of Latin-1. */
function internal(tree: FileSystemTree): InternalDirectory {
  const folder: InternalDirectory = { d: {} };
  for (const [name, node] of Object.entries(tree)) {
    if ('directory' in node) folder.d[name] = internal(node.directory);
    else if ('symlink' in node.file) folder.d[name] = { f: { l: node.file.symlink } };
    else if (typeof node.file.contents === 'string') folder.d[name] = { f: { c: node.file.contents } };
    else folder.d[name] = { f: { c: Array.from(node.file.contents, (byte) => String.fromCharCode(byte)).join(''), b: true } };
  }
  return folder;
}
