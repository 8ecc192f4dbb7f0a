import { ContainerError, invalidArgument, notImplemented, type ErrorCode } from './errors.js';
import { exchange } from './exchange.js';
import { FileSystem, fromWorkdir } from './filesystem.js';
import { chooseMode, type Mode } from './isolation.js';
import { KernelClient } from './kernel-client.js';
import type { KernelEvent, NetworkPolicy } from './messages.js';
import { resolvePath } from './paths.js';
import { Previews, register } from './previews.js';
import { ContainerProcess } from './process.js';
import { exportTree, flattenTree, type FileSystemTree } from './tree.js';

/** Values of environment variables; others than strings are written as JavaScript prints them. */
export type Environment = Record<string, string | number | boolean>;

export interface ContainerOptions {
  /** The npm registry's address, absolute or relative to the page. Without it, npm's own default. */
  registry?: string | URL;
  /** Environment variables of every process, over the container's own. */
  env?: Environment;
  /** The working directory, where relative paths and `mount` start. Default `/work`. */
  workdir?: string;
  /** Where programs may connect to: `'none'`, `'any'`, or hosts. Default: the registry's host if one is given, else none. */
  network?: NetworkPolicy;
  /** What programs see as the machine's name. Default `oac`. */
  hostname?: string;
  /** The address of this package's `service-worker.js`; `false`: no previews. Default: beside this module. */
  serviceWorker?: string | URL | false;
  /** The folder of the programs' wasm files. Default: `programs/` beside this module. */
  programs?: string | URL;
}

export interface SpawnOptions {
  /** Relative to the working directory. */
  cwd?: string;
  env?: Environment;
  /** One pipe for stdout and stderr: `output` is in their exact order, and `stderr` cannot be had apart. */
  merged?: boolean;
}

/** What can be listened for. */
export interface ContainerEvents {
  /** A port of the container was opened or closed; `url` shows it. */
  port: (port: number, type: 'open' | 'close', url: string) => void;
  /** Somebody listens on a port. */
  'server-ready': (port: number, url: string) => void;
  /** Something went wrong that no call reports. */
  error: (error: { message: string; code: ErrorCode }) => void;
}

const PATH = '/usr/local/bin:/usr/bin:/bin';

/** A container: files, processes and ports in WebAssembly, in this page. */
export class OpenAgentsContainer {
  /** Its files. Relative paths start at `workdir`. */
  readonly fs: FileSystem;
  /** The working directory. */
  readonly workdir: string;
  /** How it is isolated from the page, and why so. */
  readonly mode: Mode;
  readonly #kernel: KernelClient;
  readonly #previews: Previews | undefined;
  readonly #env: Environment;
  readonly #listeners: { [E in keyof ContainerEvents]: Set<ContainerEvents[E]> };
  #isTornDown = false;

  private constructor(kernel: KernelClient, previews: Previews | undefined, mode: Mode, workdir: string, env: Environment, listeners: Listeners) {
    this.#kernel = kernel;
    this.#previews = previews;
    this.#env = env;
    this.#listeners = listeners;
    this.mode = mode;
    this.workdir = workdir;
    this.fs = new FileSystem(kernel, fromWorkdir(workdir));
  }

  /**
   * Boots a container. A page may have several.
   *
   * @throws ContainerError ERR_NOT_ISOLATED, ERR_UNSUPPORTED_BROWSER, ERR_SERVICE_WORKER, ERR_LOAD, ERR_INVALID_ARGUMENT; nothing is
   * left running then.
   */
  static async boot(options: ContainerOptions = {}): Promise<OpenAgentsContainer> {
    const mode = await chooseMode();
    const workdir = resolvePath('/', options.workdir ?? '/work');
    const registry = options.registry === undefined ? undefined : registryUrl(options.registry);
    const listeners: Listeners = { port: new Set(), 'server-ready': new Set(), error: new Set() };
    let container: OpenAgentsContainer | undefined;
    const script = options.serviceWorker ?? new URL('./service-worker.js', import.meta.url);
    // Both at once; whichever fails, the other is not left behind.
    const registering = script === false ? undefined : register(String(script));
    registering?.catch(() => undefined);
    const kernel = await KernelClient.start(
      {
        hostname: options.hostname ?? 'oac',
        network: options.network ?? (registry === undefined ? 'none' : [registry.host]),
        programs: folderUrl(options.programs ?? new URL('./programs/', import.meta.url)),
        workdir,
      },
      (event) => {
        if (container !== undefined) container.#receive(event);
      },
    );
    try {
      const registration = await registering;
      const previews = registration === undefined ? undefined : new Previews(registration, kernel);
      const env: Environment = { ...defaultEnvironment(registry), ...options.env };
      container = new OpenAgentsContainer(kernel, previews, mode, workdir, env, listeners);
      return container;
    } catch (error) {
      kernel.close(tornDown());
      throw error;
    }
  }

  /** The `PATH` of processes, unless they are given another. */
  get path(): string {
    return String(this.#env['PATH']);
  }

  /** Puts a tree of files under the working directory, or under `mountPoint` in it. What is there already stays. */
  async mount(tree: FileSystemTree | Uint8Array | ArrayBuffer, options: { mountPoint?: string } = {}): Promise<void> {
    if (tree instanceof Uint8Array || tree instanceof ArrayBuffer) throw notImplemented('mounting a binary snapshot', 'pass a tree');
    const folder = resolvePath(this.workdir, options.mountPoint ?? '.');
    await this.#kernel.call('mount', flattenTree(tree, folder));
  }

  /** A folder as a tree. */
  async export(path: string, options: { format?: 'json'; includes?: string[]; excludes?: string[] } = {}): Promise<FileSystemTree> {
    if ((options.format ?? 'json') !== 'json') throw notImplemented(`export as ${String(options.format)}`);
    if (options.includes !== undefined || options.excludes !== undefined) throw notImplemented('export with includes or excludes');
    return exportTree(this.fs, resolvePath(this.workdir, path));
  }

  spawn(command: string, args: readonly string[], options?: SpawnOptions): Promise<ContainerProcess>;
  spawn(command: string, options?: SpawnOptions): Promise<ContainerProcess>;
  /**
   * Starts a program: a path, or a name that is looked up in `PATH`.
   *
   * @throws ContainerError ENOENT, EACCES, ENOEXEC … as posix_spawn(3).
   */
  async spawn(command: string, second?: readonly string[] | SpawnOptions, third?: SpawnOptions): Promise<ContainerProcess> {
    const args = Array.isArray(second) ? (second as readonly string[]) : [];
    const options = (Array.isArray(second) ? third : (second as SpawnOptions | undefined)) ?? {};
    if (typeof command !== 'string' || command === '') throw invalidArgument('spawn needs the name of a program');
    const merged = options.merged === true;
    const cwd = resolvePath(this.workdir, options.cwd ?? '.');
    const env = Object.entries({ ...this.#env, PWD: cwd, ...options.env }).map(([name, value]) => `${name}=${String(value)}`);
    const pid = await this.#kernel.call('spawn', { program: command, args: args.map(String), env, cwd, merged });
    return new ContainerProcess(this.#kernel, pid, merged);
  }

  /** Listens for an event; gives the function that ends that. */
  on<E extends keyof ContainerEvents>(event: E, listener: ContainerEvents[E]): () => void {
    const listeners = this.#listeners[event] as Set<ContainerEvents[E]> | undefined;
    if (listeners === undefined) throw invalidArgument(`there is no event '${event}'`);
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }

  /**
   * Sends an HTTP request to a port of the container, without a preview.
   *
   * @throws ContainerError ECONNREFUSED when nobody listens.
   */
  async fetch(port: number, input: string | URL | Request = '/', init?: RequestInit): Promise<Response> {
    const request = input instanceof Request ? new Request(input, init) : new Request(new URL(input, `http://localhost:${port}/`), init);
    const url = new URL(request.url);
    if (this.#isTornDown) throw tornDown();
    return exchange(this.#kernel.link(), request, { port, target: url.pathname + url.search, wait: false });
  }

  /** The same files with another rule for paths. @internal */
  filesUnder(resolve: (path: string) => string): FileSystem {
    return new FileSystem(this.#kernel, resolve);
  }

  /** Where a port can be seen: for a frame's `src`. Empty without previews. */
  previewUrl(port: number): string {
    return this.#previews?.url(port) ?? '';
  }

  /** Ends all processes and frees everything, at once. */
  teardown(): void {
    if (this.#isTornDown) throw tornDown();
    this.#isTornDown = true;
    this.#kernel.close(tornDown());
    for (const listeners of Object.values(this.#listeners)) listeners.clear();
  }

  #receive(event: KernelEvent): void {
    if (event.type === 'error') {
      for (const listener of this.#listeners.error) listener(event.error);
      return;
    }
    const url = this.previewUrl(event.port);
    for (const listener of this.#listeners.port) listener(event.port, event.open ? 'open' : 'close', url);
    if (event.open) for (const listener of this.#listeners['server-ready']) listener(event.port, url);
  }
}

type Listeners = { [E in keyof ContainerEvents]: Set<ContainerEvents[E]> };

function tornDown(): ContainerError {
  return new ContainerError({ code: 'ERR_TORN_DOWN', message: 'the container has been torn down' });
}

function defaultEnvironment(registry: URL | undefined): Environment {
  return {
    HOME: '/root',
    USER: 'root',
    SHELL: '/bin/sh',
    PATH,
    LANG: 'C.UTF-8',
    ...(registry === undefined ? {} : { npm_config_registry: registry.href }),
  };
}

function registryUrl(registry: string | URL): URL {
  if (!URL.canParse(String(registry), location.href)) throw invalidArgument(`registry: '${String(registry)}' is no address`);
  return new URL(folderUrl(registry));
}

/** Absolute, with a slash at its end. */
function folderUrl(address: string | URL): string {
  const url = new URL(address, location.href);
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url.href;
}
