import { ContainerError, invalidArgument, type ErrorCode } from './errors.js';
import { forget } from './forget.js';
import { exchange } from './exchange.js';
import { execute, type ExecOptions, type ExecResult } from './exec.js';
import { FileSystem, fromWorkdir } from './filesystem.js';
import { chooseMode, ISOLATIONS, type Mode, type WantedIsolation } from './isolation.js';
import { KernelClient } from './kernel-client.js';
import type { CorsProxy, ExportFormat, KernelCapabilities, KernelEvent, Limits, NetworkPolicy, NodeEngine, PreviewScript, PreviewSettings, TerminalSize } from './messages.js';
import { abortable, checkEngine, checkOptions, checkPositive, checkStrings, throwIfAborted } from './options.js';
import { baseUrl, IS_PAGE } from './platform.js';
import { resolvePath } from './paths.js';
import type { PreviewMessage } from './preview-messages.js';
import { callAddress, isolateByReload, keepFiles, newContainerId, Previews, register, withDuties } from './previews.js';
import { ContainerProcess, exitCode } from './process.js';
import { attachTerminal, type AttachedTerminal, type AttachOptions, type XtermLike } from './terminal.js';
import type { FileSystemTree } from './tree.js';

/** Values of environment variables; others than strings are written as JavaScript prints them. */
export type Environment = Record<string, string | number | boolean>;

/** What programs may do. What is not mentioned is allowed within the container; outside of it `network` is `'none'`. */
export interface Capabilities {
  filesystem?: {
    /** Absolute paths of files and trees that may be read. */
    read?: string[];
    /** … that may be made, changed and removed. */
    write?: string[];
  };
  network?: {
    /** As the option `network`. */
    fetch?: NetworkPolicy;
    /** Ports that may be listened on. */
    listen?: number[];
  };
  process?: {
    /** Programs that may be started: `node`, `npm`, `sh`, and absolute paths of others. */
    spawn?: string[];
    /** Names of environment variables that reach programs. */
    env?: string[];
  };
}

export interface ContainerOptions {
  /** The npm registry's address, absolute or relative to the page. Without it, npm's own default. */
  registry?: string | URL;
  /** Environment variables of every process, over the container's own. */
  env?: Environment;
  /** The working directory, where relative paths and `mount` start. Default `/work`. */
  workdir?: string;
  /** Where programs may connect to: `'none'`, `'any'`, or hosts. Default: the registry's host if one is given, else none. */
  network?: NetworkPolicy;
  /** A server that passes requests on to servers that do not allow pages (CORS): its address, or also for which hosts. */
  corsProxy?: string | CorsProxy;
  /** What programs may do. */
  capabilities?: Capabilities;
  /** How much they may use. */
  limits?: Limits;
  /** What programs see as the machine's name. Default `oac`. */
  hostname?: string;
  /** The JavaScript engine of `node`. Default `'auto'`. */
  engine?: NodeEngine;
  /** The address of this package's `service-worker.js`; `false`: no previews. Default: beside this module. */
  serviceWorker?: string | URL | false;
  /**
   * How programs wait for the kernel. `'auto'`, the default: in shared memory where the page is cross-origin isolated, else more slowly
   * without; `mode` says which it is. `'required'` fails where the page is not isolated; `'reload'` has the service worker isolate it, and loads it again, once.
   */
  isolation?: WantedIsolation;
  /** The folder of the programs' wasm files. Default: `programs/` beside this module. */
  programs?: string | URL;
  /** Whether errors of pages in previews come as `preview-message` events. */
  forwardPreviewErrors?: boolean | 'exceptions-only';
  /**
   * Keeps the working directory, or the folder `path`, in the browser's storage under a name: the next container with the name begins with
   * it. One at a time has it. What npm installed is kept too.
   */
  persist?: string | { name: string; path?: string };
  /** Whether the service worker keeps the page's files and the programs, so that the page works without the network from its next load on. */
  offline?: boolean;
  /** What `snapshot` gave: the container begins with these files. */
  snapshot?: Uint8Array;
  /** Whether `log` events tell what programs do. */
  eventLog?: boolean;
  /** Ends the boot, and leaves nothing running. */
  signal?: AbortSignal;
}

const OPTIONS: readonly (keyof ContainerOptions)[] = [
  'registry', 'env', 'workdir', 'network', 'corsProxy', 'capabilities', 'limits', 'hostname', 'engine', 'serviceWorker', 'isolation', 'programs',
  'forwardPreviewErrors', 'snapshot', 'offline', 'persist', 'eventLog', 'signal',
];
const LIMITS: readonly (keyof Limits)[] = ['memoryBytes', 'cpuMs', 'wallMs', 'processes', 'fileHandles', 'diskBytes', 'fileBytes'];

export interface SpawnOptions {
  /** Relative to the working directory. */
  cwd?: string;
  env?: Environment;
  /** One pipe for stdout and stderr: `output` is in their exact order, and `stderr` cannot be had apart. */
  merged?: boolean;
  /** All three streams are a terminal of this size, as an xterm.js wants it. */
  terminal?: TerminalSize;
  /** Kills the process, and those it started. */
  signal?: AbortSignal;
}

/** A call of `code`: what an editor is to show. */
export interface CodeEvent {
  files: { filepath: string; line?: number; column?: number }[];
}

/** What can be listened for. */
export interface ContainerEvents {
  /** A port of the container was opened or closed; `url` shows it. */
  port: (port: number, type: 'open' | 'close', url: string) => void;
  /** Somebody listens on a port. */
  'server-ready': (port: number, url: string) => void;
  /** Something went wrong that no call reports. */
  error: (error: { message: string; code: ErrorCode }) => void;
  /** A page in a preview failed, or wrote to `console.error`; see `forwardPreviewErrors`. */
  'preview-message': (message: PreviewMessage) => void;
  /** A program called `xdg-open`: an address or a file. */
  'xdg-open': (text: string) => void;
  /** A program called `code`. */
  code: (type: 'open' | 'diff', event: CodeEvent) => void;
  /** A process of the page's was started, or has ended. */
  spawn: (pid: number) => void;
  exit: (pid: number, exitCode: number, reason: string | undefined) => void;
  /** A line of the event log: JSON. */
  log: (line: string) => void;
}

/** That ship with the package. */
const PROGRAMS = ['node', 'npm', 'sh'];
const PATH = '/usr/local/bin:/usr/bin:/bin';

type Listeners = { [E in keyof ContainerEvents]: Set<ContainerEvents[E]> };

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
  readonly #options: ContainerOptions;
  readonly #env: Environment;
  readonly #ports = new Map<number, string>();
  readonly #listeners: Listeners = {
    port: new Set(), 'server-ready': new Set(), error: new Set(), 'preview-message': new Set(), 'xdg-open': new Set(),
    code: new Set(), spawn: new Set(), exit: new Set(), log: new Set(),
  };
  #preview: PreviewSettings;
  #isTornDown = false;

  private constructor(kernel: KernelClient, previews: Previews | undefined, mode: Mode, workdir: string, options: ContainerOptions, env: Environment) {
    this.#kernel = kernel;
    this.#previews = previews;
    this.#options = options;
    this.#env = env;
    this.#preview = { forwardErrors: options.forwardPreviewErrors ?? false, scripts: [] };
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
    checkBoot(options);
    throwIfAborted(options.signal);
    const script = options.serviceWorker ?? (IS_PAGE ? new URL('./service-worker.js', import.meta.url) : false);
    const wanted = options.isolation ?? 'auto';
    const offline = options.offline === true;
    const worker = script === false ? undefined : withDuties(String(script), { isolate: wanted === 'reload', offline });
    if (wanted === 'reload' && worker !== undefined) await isolateByReload(worker);
    const mode = await chooseMode(wanted, script !== false);
    const workdir = resolvePath('/', options.workdir ?? '/work');
    const registry = options.registry === undefined ? undefined : registryUrl(options.registry);
    let container: OpenAgentsContainer | undefined;
    const receive = (event: KernelEvent): void => {
      if (container !== undefined) container.#receive(event);
    };
    const hear = (message: unknown): void => {
      if (container !== undefined) container.#previewSays(message);
    };
    // Both at once; whichever fails, the other is not left behind.
    const registering = worker === undefined ? undefined : register(worker);
    registering?.catch(() => undefined);
    const id = newContainerId();
    const programs = folderUrl(options.programs ?? new URL('./programs/', import.meta.url));
    const requests = mode.isolation === 'synchronous-requests' ? await registering : undefined;
    // What is loaded from now on is kept as it is loaded.
    if (offline) await registering;
    const starting = KernelClient.start(
      {
        hostname: options.hostname ?? 'oac',
        engine: options.engine ?? 'auto',
        capabilities: kernelCapabilities(options, registry),
        limits: options.limits ?? {},
        eventLog: options.eventLog === true,
        programs,
        corsProxy: corsProxyOf(options.corsProxy),
        persist: options.persist === undefined ? undefined : persisted(options.persist, workdir),
        workdir,
      },
      receive,
      mode.isolation === 'shared-memory',
      requests === undefined ? undefined : callAddress(requests, id),
    );
    const abandon = (): void => void starting.then((late) => late.close(tornDown()), () => undefined);
    const kernel = await abortable(starting, options.signal, abandon);
    try {
      const registration = await abortable(Promise.resolve(registering), options.signal, () => undefined);
      const previews = registration === undefined ? undefined : new Previews(registration, id, kernel, hear);
      if (offline) await keepFiles(PROGRAMS.map((name) => new URL(`${name}.wasm`, programs).href));
      const env: Environment = { ...defaultEnvironment(registry), ...options.env };
      container = new OpenAgentsContainer(kernel, previews, mode, workdir, options, env);
      if (container.#preview.forwardErrors !== false) await kernel.call('setPreview', container.#preview);
      if (options.snapshot !== undefined) await kernel.call('mount', { snapshot: options.snapshot }, '/');
      return container;
    } catch (error) {
      kernel.close(tornDown());
      throw error;
    }
  }

  /**
   * Boots a container with the files that `snapshot` gave.
   *
   * @throws as `boot`
   */
  static restore(snapshot: Uint8Array, options: ContainerOptions = {}): Promise<OpenAgentsContainer> {
    return OpenAgentsContainer.boot({ ...options, snapshot });
  }

  /** The `PATH` of processes, unless they are given another. */
  get path(): string {
    return String(this.#env['PATH']);
  }

  /** The ports on which somebody listens now, and where each is to be seen. */
  get ports(): ReadonlyMap<number, string> {
    return new Map(this.#ports);
  }

  /** What programs may do, as it was given at boot. */
  get capabilities(): Readonly<Capabilities> {
    return this.#options.capabilities ?? {};
  }

  /** How much they may use, as it was given at boot. */
  get limits(): Readonly<Limits> {
    return this.#options.limits ?? {};
  }

  /**
   * Puts a tree of files under the working directory, or under `mountPoint` in it. What is there already stays, but for files of the
   * same name. Bytes are what `export` with `'binary'`, `snapshot` or `@webcontainer/snapshot` made.
   *
   * @throws ContainerError ERR_INVALID_ARGUMENT naming the entry, ENOSPC …
   */
  async mount(tree: FileSystemTree | Uint8Array | ArrayBuffer, options: { mountPoint?: string } = {}): Promise<void> {
    checkOptions(options, ['mountPoint'], 'mount');
    const folder = resolvePath(this.workdir, options.mountPoint ?? '.');
    if (tree instanceof ArrayBuffer || ArrayBuffer.isView(tree)) {
      const snapshot = tree instanceof ArrayBuffer ? new Uint8Array(tree) : new Uint8Array(tree.buffer, tree.byteOffset, tree.byteLength);
      await this.#kernel.call('mount', { snapshot }, folder);
      return;
    }
    if (typeof tree !== 'object' || tree === null) throw invalidArgument(`mount takes a tree of files or the bytes of a snapshot, not ${tree === null ? 'null' : typeof tree}`);
    await this.#kernel.call('mount', { tree }, folder);
  }

  export(path: string, options?: { format?: 'json'; includes?: string[]; excludes?: string[] }): Promise<FileSystemTree>;
  export(path: string, options: { format?: ExportFormat; includes?: string[]; excludes?: string[] }): Promise<FileSystemTree | Uint8Array>;
  /**
   * A folder: as a tree (`'json'`), as what `mount` takes and `@webcontainer/snapshot` makes (`'binary'`), or as a zip archive.
   * `excludes` are globs of paths below it that are left out; `includes` of what is taken out of those after all.
   */
  async export(path: string, options: { format?: ExportFormat; includes?: string[]; excludes?: string[] } = {}): Promise<FileSystemTree | Uint8Array> {
    checkOptions(options, ['format', 'includes', 'excludes'], 'export');
    checkStrings(options.includes, 'includes');
    checkStrings(options.excludes, 'excludes');
    const filter = { includes: options.includes ?? [], excludes: options.excludes ?? [] };
    return this.#kernel.call('export', resolvePath(this.workdir, path), options.format ?? 'json', filter);
  }

  /** All files of the container as one value, for `restore`. Processes are not in it. */
  snapshot(): Promise<Uint8Array> {
    return this.#kernel.call('snapshot');
  }

  /**
   * Resolves when what was written so far is kept, see `persist`.
   *
   * @throws ContainerError ENOSPC when the browser grants no more storage, ERR_STORAGE
   */
  sync(): Promise<void> {
    return this.#kernel.call('sync');
  }

  /** Removes what was kept under a name. @throws ContainerError EBUSY while a container has it, ERR_STORAGE */
  static forget(name: string): Promise<void> {
    return forget(name);
  }

  /** A second container with the same options and files. Processes stay where they are. */
  async fork(options: ContainerOptions = {}): Promise<OpenAgentsContainer> {
    const { signal: _, snapshot: __, persist: ___, ...own } = this.#options;
    return OpenAgentsContainer.restore(await this.snapshot(), { ...own, ...options });
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
    checkOptions(options, ['cwd', 'env', 'merged', 'terminal', 'signal'], 'spawn');
    return this.start(command, args, options, true);
  }

  /** `newlines`: whether the terminal writes a line's end as CR LF. @internal */
  async start(command: string, args: readonly string[], options: SpawnOptions, newlines: boolean): Promise<ContainerProcess> {
    if (typeof command !== 'string' || command === '') throw invalidArgument('spawn needs the name of a program');
    throwIfAborted(options.signal);
    const { terminal } = options;
    if (terminal !== undefined) checkTerminal(terminal);
    const merged = options.merged === true || terminal !== undefined;
    const cwd = resolvePath(this.workdir, options.cwd ?? '.');
    const own = terminal === undefined ? {} : { TERM: 'xterm-256color', COLORTERM: 'truecolor' };
    const env = Object.entries({ ...this.#env, ...own, PWD: cwd, ...options.env }).map(([name, value]) => `${name}=${String(value)}`);
    const message = { program: command, args: args.map(String), env, cwd, merged };
    const pid = await this.#kernel.call('spawn', terminal === undefined ? message : { ...message, terminal: { ...terminal, newlines } });
    const process = new ContainerProcess(this.#kernel, pid, merged);
    if (options.signal !== undefined) killOnAbort(process, options.signal);
    return process;
  }

  exec(commandLine: string, options?: ExecOptions): Promise<ExecResult>;
  exec(command: string, args: readonly string[], options?: ExecOptions): Promise<ExecResult>;
  /**
   * Runs a line of the shell, or a program with arguments, to its end, and gives what it wrote. An exit code other than 0 is no error.
   *
   * @throws ContainerError ETIMEDOUT, after `timeout` ms; the signal's reason; as `spawn`
   */
  exec(command: string, second?: readonly string[] | ExecOptions, third?: ExecOptions): Promise<ExecResult> {
    if (Array.isArray(second)) return execute(this, command, second as readonly string[], third ?? {});
    return execute(this, 'sh', ['-c', command], (second as ExecOptions | undefined) ?? {});
  }

  /** Runs JavaScript with node, an ES module if it holds `import` or `export`, and gives what it wrote. */
  execute(code: string, options: ExecOptions = {}): Promise<ExecResult> {
    const isModule = /^\s*(?:import\b(?!\s*\()|export\b)/m.test(code);
    return execute(this, 'node', [...(isModule ? ['--input-type=module'] : []), '-e', code], options);
  }

  /** Installs packages from npm into the working directory; without names, what package.json wants. */
  install(packages: readonly string[] = [], options: ExecOptions = {}): Promise<ExecResult> {
    return execute(this, 'npm', ['install', ...packages], options);
  }

  /** A shell, or another program, on a terminal of xterm.js; see `attachTerminal`. */
  attachTerminal(terminal: XtermLike, options: AttachOptions = {}): Promise<AttachedTerminal> {
    return attachTerminal(this, terminal, options);
  }

  /** Listens for an event; gives the function that ends that. */
  on<E extends keyof ContainerEvents>(event: E, listener: ContainerEvents[E]): () => void {
    const listeners = this.#listeners[event] as Set<ContainerEvents[E]> | undefined;
    if (listeners === undefined) throw invalidArgument(`there is no event '${event}': there are ${Object.keys(this.#listeners).join(', ')}`);
    if (typeof listener !== 'function') throw invalidArgument(`a listener of '${event}' is a function`);
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
    const where = { port, target: url.pathname + url.search, wait: false };
    return (await exchange(this.#kernel.link('exchange'), request, where)).response;
  }

  /** The same files with another rule for paths. @internal */
  filesUnder(resolve: (path: string) => string, display: (path: string) => string): FileSystem {
    return new FileSystem(this.#kernel, resolve, display);
  }

  /** For what is built on it: `WebContainer.internal`. @internal */
  get kernel(): KernelClient {
    return this.#kernel;
  }

  /** Where a port can be seen: for a frame's `src`, or in a tab of its own. Empty without previews. */
  previewUrl(port: number): string {
    return this.#previews?.url(port) ?? '';
  }

  /** A script that every page of a preview has from its next load on, before its own. Another one with the same `src` takes its place. */
  async setPreviewScript(src: string, options: Omit<PreviewScript, 'src'> = {}): Promise<void> {
    checkOptions(options, ['type', 'defer', 'async'], 'setPreviewScript');
    const script = { src, ...options };
    this.#preview = { ...this.#preview, scripts: [script] };
    await this.#kernel.call('setPreview', this.#preview);
  }

  /** Ends all processes and frees everything, at once. @throws ContainerError ERR_TORN_DOWN the second time */
  teardown(): void {
    if (this.#isTornDown) throw tornDown();
    this.#isTornDown = true;
    this.#kernel.close(tornDown());
    this.#previews?.close();
    this.#ports.clear();
    for (const listeners of Object.values(this.#listeners)) listeners.clear();
  }

  #emit<E extends keyof ContainerEvents>(event: E, ...args: Parameters<ContainerEvents[E]>): void {
    for (const listener of this.#listeners[event]) {
      try {
        (listener as (...args: Parameters<ContainerEvents[E]>) => void)(...args);
      } catch (error) {
        // It is the page's own, told as such, and the others hear of the event all the same.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  #previewSays(message: unknown): void {
    this.#emit('preview-message', message as PreviewMessage);
  }

  #receive(event: KernelEvent): void {
    switch (event.type) {
      case 'error':
        return this.#emit('error', event.error);
      case 'port': {
        const url = this.previewUrl(event.port);
        if (event.open) this.#ports.set(event.port, url);
        else this.#ports.delete(event.port);
        this.#emit('port', event.port, event.open ? 'open' : 'close', url);
        if (event.open) this.#emit('server-ready', event.port, url);
        return;
      }
      case 'watch':
        return this.#kernel.watched(event.watch, event.events);
      case 'command':
        if (event.command === 'xdg-open') return this.#emit('xdg-open', event.args.join(' '));
        return this.#emit('code', ...codeEvent(event.args, event.cwd));
      case 'spawn':
        return this.#emit('spawn', event.pid);
      case 'exit':
        return this.#emit('exit', event.pid, exitCode(event.exit.status), event.exit.reason);
      case 'log':
        for (const line of event.lines) this.#emit('log', line);
    }
  }
}

/** `code [-g|--goto] FILE[:LINE[:COLUMN]]…`, `code -d|--diff A B`. */
function codeEvent(args: readonly string[], cwd: string): ['open' | 'diff', CodeEvent] {
  const isDiff = args.includes('-d') || args.includes('--diff');
  const files = args
    .filter((argument) => !argument.startsWith('-'))
    .map((argument) => {
      const match = /^(.*?)(?::(\d+))?(?::(\d+))?$/.exec(argument);
      const filepath = resolvePath(cwd, match?.[1] ?? argument);
      return { filepath, ...(match?.[2] === undefined ? {} : { line: Number(match[2]) }), ...(match?.[3] === undefined ? {} : { column: Number(match[3]) }) };
    });
  return [isDiff ? 'diff' : 'open', { files }];
}

function killOnAbort(process: ContainerProcess, signal: AbortSignal): void {
  const kill = (): void => process.kill('SIGKILL');
  if (signal.aborted) kill();
  else signal.addEventListener('abort', kill, { once: true });
  const forget = (): void => signal.removeEventListener('abort', kill);
  process.exit.then(forget, forget);
}

function checkTerminal(size: TerminalSize): void {
  const fits = (value: unknown): boolean => Number.isInteger(value) && (value as number) > 0 && (value as number) < 0x1_0000;
  if (!fits(size.cols) || !fits(size.rows)) throw invalidArgument(`a terminal has { cols, rows }, whole numbers above 0, not ${JSON.stringify(size)}`);
}

function checkBoot(options: ContainerOptions): void {
  checkOptions(options, OPTIONS, 'boot');
  if (options.isolation !== undefined && !ISOLATIONS.includes(options.isolation)) throw invalidArgument(`isolation is one of ${ISOLATIONS.join(', ')}, not '${String(options.isolation)}'`);
  if (options.serviceWorker === false && options.offline === true) throw invalidArgument('offline needs the service worker');
  if (options.serviceWorker === false && (options.isolation === 'reload' || options.isolation === 'synchronous-requests')) throw invalidArgument(`isolation: '${options.isolation}' needs the service worker`);
  checkOptions(options.limits, LIMITS, 'limits');
  checkEngine(options.engine);
  for (const name of LIMITS) checkPositive(options.limits?.[name], `limits.${name}`);
  const { capabilities } = options;
  checkOptions(capabilities, ['filesystem', 'network', 'process'], 'capabilities');
  checkOptions(capabilities?.filesystem, ['read', 'write'], 'capabilities.filesystem');
  checkOptions(capabilities?.network, ['fetch', 'listen'], 'capabilities.network');
  checkOptions(capabilities?.process, ['spawn', 'env'], 'capabilities.process');
  checkStrings(capabilities?.filesystem?.read, 'capabilities.filesystem.read');
  checkStrings(capabilities?.filesystem?.write, 'capabilities.filesystem.write');
  checkStrings(capabilities?.process?.spawn, 'capabilities.process.spawn');
  checkStrings(capabilities?.process?.env, 'capabilities.process.env');
  for (const policy of [options.network, capabilities?.network?.fetch]) {
    if (policy !== undefined && policy !== 'none' && policy !== 'any') checkStrings(policy, "network is 'none', 'any', or hosts: it");
  }
  if (options.env !== undefined && (typeof options.env !== 'object' || options.env === null)) throw invalidArgument('env is an object of names and values');
  if (options.snapshot !== undefined && !(options.snapshot instanceof Uint8Array)) throw invalidArgument('snapshot is the Uint8Array that snapshot() gave');
}

function persisted(option: string | { name: string; path?: string }, workdir: string): { name: string; path: string } {
  const { name, path = workdir } = typeof option === 'string' ? { name: option } : option;
  if (typeof name !== 'string' || name === '') throw invalidArgument('persist needs a name');
  const folder = resolvePath(workdir, path);
  if (folder === '/') throw invalidArgument('persist keeps a folder, not the root');
  return { name, path: folder };
}

/** @throws ContainerError ERR_INVALID_ARGUMENT */
export function corsProxyOf(option: string | CorsProxy | undefined): CorsProxy | undefined {
  if (option === undefined) return undefined;
  const given = typeof option === 'string' ? { address: option } : option;
  checkOptions(given, ['address', 'domains'], 'corsProxy');
  checkStrings(given.domains, 'corsProxy.domains');
  const { address } = given;
  const place = typeof address === 'string' ? address.replaceAll('{url}', '%7Burl%7D') : '';
  if (place === '' || !URL.canParse(place, baseUrl())) throw invalidArgument(`corsProxy: '${String(address)}' is no address`);
  return { ...given, address: new URL(place, baseUrl()).href.replaceAll('%7Burl%7D', '{url}') };
}

function kernelCapabilities(options: ContainerOptions, registry: URL | undefined): KernelCapabilities {
  const { filesystem, network, process } = options.capabilities ?? {};
  const policy = options.network ?? network?.fetch ?? (registry === undefined ? 'none' : [registry.host]);
  return {
    ...(policy === 'any' ? {} : { network: policy === 'none' ? [] : [...policy] }),
    ...(filesystem?.read === undefined ? {} : { read: filesystem.read }),
    ...(filesystem?.write === undefined ? {} : { write: filesystem.write }),
    ...(network?.listen === undefined ? {} : { listen: network.listen }),
    ...(process?.spawn === undefined ? {} : { spawn: process.spawn }),
    ...(process?.env === undefined ? {} : { env: process.env }),
  };
}

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
  if (!URL.canParse(String(registry), baseUrl())) throw invalidArgument(`registry: '${String(registry)}' is no address`);
  return new URL(folderUrl(registry));
}

/** Absolute, with a slash at its end. */
function folderUrl(address: string | URL): string {
  const url = new URL(address, baseUrl());
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url.href;
}
