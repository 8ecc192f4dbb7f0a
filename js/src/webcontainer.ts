/** A drop-in for `@webcontainer/api` 1.6.4, over OpenAgentsContainer. */
import { OpenAgentsContainer, type CodeEvent, type ContainerOptions, type Environment } from './container.js';
import { ContainerError, invalidArgument } from './errors.js';
import type { FileSystem } from './filesystem.js';
import { Internal } from './internal.js';
import { checkOptions } from './options.js';
import { resolvePath } from './paths.js';
import type { PreviewMessage } from './preview-messages.js';
import type { ContainerProcess } from './process.js';
import type { FileSystemTree } from './tree.js';

/** The original's options, and those of ours that it has no word for. */
export interface BootOptions extends Pick<ContainerOptions, 'registry' | 'env' | 'network' | 'serviceWorker' | 'programs' | 'limits' | 'signal' | 'isolation' | 'offline' | 'persist'> {
  /** Which header isolates the page. It is the page's server that sends it: nothing depends on this. */
  coep?: 'require-corp' | 'credentialless' | 'none';
  /** The name of the working directory in `/home`. */
  workdirName?: string;
  /** Whether errors of pages in previews come as `preview-message` events. */
  forwardPreviewErrors?: boolean | 'exceptions-only';
  /** Whether a second boot fails while a container of this class lives, as the original's does. */
  single?: boolean;
}

export interface WebContainerSpawnOptions {
  /** Relative to the working directory. */
  cwd?: string;
  env?: Environment;
  /** `false`: the output stream never has anything. */
  output?: boolean;
  /** The size of the terminal that every process has. Default 80 columns, 24 rows. */
  terminal?: { cols: number; rows: number };
}

export interface WebContainerProcess {
  exit: Promise<number>;
  input: WritableStream<string>;
  output: ReadableStream<string>;
  kill(): void;
  resize(dimensions: { cols: number; rows: number }): void;
}

export interface ExportOptions {
  format?: 'json' | 'binary' | 'zip';
  /** Globs of what is taken out of excluded folders after all. */
  includes?: string[];
  excludes?: string[];
}

export interface PreviewScriptOptions {
  type?: 'module' | 'importmap';
  defer?: boolean;
  async?: boolean;
}

export type PortListener = (port: number, type: 'open' | 'close', url: string) => void;
export type ServerReadyListener = (port: number, url: string) => void;
export type ErrorListener = (error: { message: string }) => void;
export type PreviewMessageListener = (message: PreviewMessage) => void;
export type OpenListener = (text: string) => void;
export type CodeListener = (type: 'open' | 'diff', event: CodeEvent) => void;

const EVENTS = ['port', 'server-ready', 'error', 'preview-message', 'xdg-open', 'code'];
const BOOT_OPTIONS = [
  'coep', 'workdirName', 'forwardPreviewErrors', 'registry', 'env', 'network', 'serviceWorker', 'programs', 'limits', 'signal', 'isolation', 'offline', 'persist', 'single',
];

/** Those of this class that live, for `single`. */
let living = 0;
let hasBooted = false;

export class WebContainer {
  /** Its files, all of them inside the working directory: an absolute path starts there too. */
  readonly fs: FileSystem;
  /** What consumers of the original use beyond its published types. */
  readonly internal: Internal;
  readonly #container: OpenAgentsContainer;

  private constructor(container: OpenAgentsContainer, fs: FileSystem) {
    this.#container = container;
    this.fs = fs;
    this.internal = new Internal(container);
  }

  /**
   * Boots a container. The original allows one at a time; here a page may have several, unless `single`.
   *
   * @throws ContainerError as `OpenAgentsContainer.boot`; ERR_ALREADY_BOOTED
   */
  static async boot(options: BootOptions = {}): Promise<WebContainer> {
    checkOptions(options, BOOT_OPTIONS, 'WebContainer.boot');
    const { coep: _, single, workdirName, ...rest } = options;
    if (workdirName !== undefined && (workdirName === '.' || workdirName === '..' || workdirName.includes('/'))) {
      throw invalidArgument('workdirName should be a valid folder name');
    }
    if (single === true && living > 0) {
      throw new ContainerError({ code: 'ERR_ALREADY_BOOTED', message: 'Only a single WebContainer instance can be booted' });
    }
    hasBooted = true;
    living++;
    try {
      const workdir = `/home/${workdirName === undefined || workdirName === '' ? 'project' : workdirName}`;
      const container = await OpenAgentsContainer.boot({ network: 'any', ...rest, workdir });
      const inWorkdir = (path: string): string =>
        path === workdir || path.startsWith(`${workdir}/`) ? resolvePath('/', path) : workdir + resolvePath('/', path).replace(/\/$/, '');
      return new WebContainer(container, container.filesUnder(inWorkdir, (path) => path));
    } catch (error) {
      living--;
      throw error;
    }
  }

  /** The default `PATH` of processes. */
  get path(): string {
    return this.#container.path;
  }

  /** The working directory. */
  get workdir(): string {
    return this.#container.workdir;
  }

  spawn(command: string, args: string[], options?: WebContainerSpawnOptions): Promise<WebContainerProcess>;
  spawn(command: string, options?: WebContainerSpawnOptions): Promise<WebContainerProcess>;
  /** Starts a program on a terminal of its own. */
  async spawn(command: string, second?: string[] | WebContainerSpawnOptions, third?: WebContainerSpawnOptions): Promise<WebContainerProcess> {
    const args = Array.isArray(second) ? second : [];
    const { cwd, env, output, terminal } = (Array.isArray(second) ? third : second) ?? {};
    const options = {
      terminal: { cols: terminal?.cols ?? 80, rows: terminal?.rows ?? 24 },
      ...(cwd === undefined ? {} : { cwd: `.${resolvePath('/', withoutWorkdir(cwd, this.workdir))}` }),
      ...(env === undefined ? {} : { env }),
    };
    // A page that shows no terminal of a size of its own reads plain lines.
    const process = await this.#container.start(command, args, options, terminal !== undefined);
    return webContainerProcess(process, output !== false);
  }

  /** Puts a tree, or a snapshot's files, under the working directory. */
  async mount(snapshotOrTree: FileSystemTree | Uint8Array | ArrayBuffer, options?: { mountPoint?: string }): Promise<void> {
    const mountPoint = options?.mountPoint;
    await this.#container.mount(snapshotOrTree, mountPoint === undefined ? {} : { mountPoint: `.${resolvePath('/', mountPoint)}` });
  }

  export(path: string): Promise<FileSystemTree>;
  export(path: string, options: ExportOptions & { format?: 'json' }): Promise<FileSystemTree>;
  export(path: string, options: ExportOptions): Promise<Uint8Array>;
  async export(path: string, options: ExportOptions = {}): Promise<FileSystemTree | Uint8Array> {
    return this.#container.export(`.${resolvePath('/', withoutWorkdir(path, this.workdir))}`, options);
  }

  on(event: 'port', listener: PortListener): () => void;
  on(event: 'server-ready', listener: ServerReadyListener): () => void;
  on(event: 'preview-message', listener: PreviewMessageListener): () => void;
  on(event: 'error', listener: ErrorListener): () => void;
  on(event: 'xdg-open', listener: OpenListener): () => void;
  on(event: 'code', listener: CodeListener): () => void;
  on(event: string, listener: (...args: never[]) => void): () => void {
    if (!EVENTS.includes(event)) throw invalidArgument(`there is no event '${event}': there are ${EVENTS.join(', ')}`);
    return this.#container.on(event as 'port', listener as PortListener);
  }

  /** A script that every page of a preview has from its next load on. */
  async setPreviewScript(scriptSrc: string, options?: PreviewScriptOptions): Promise<void> {
    await this.#container.setPreviewScript(scriptSrc, options ?? {});
  }

  /** Ends all processes and frees everything. @throws ContainerError ERR_TORN_DOWN the second time */
  teardown(): void {
    this.#container.teardown();
    living--;
  }
}

function withoutWorkdir(path: string, workdir: string): string {
  return path === workdir || path.startsWith(`${workdir}/`) ? path.slice(workdir.length) : path;
}

function webContainerProcess(process: ContainerProcess, hasOutput: boolean): WebContainerProcess {
  // As the original's: a stream that has nothing, and does not end.
  const output = hasOutput ? process.output : new ReadableStream<string>();
  return {
    exit: process.exit,
    input: process.input,
    output,
    kill: () => process.kill('SIGKILL'),
    resize: (dimensions) => process.resize(dimensions),
  };
}

/** The original asks a server who the user is. There is no server here: everybody is. */
export const auth = {
  init(_options: { editorOrigin?: string; clientId: string; scope: string }): { status: 'authorized' } {
    return { status: 'authorized' };
  },
  startAuthFlow(_options?: { popup?: boolean }): void {},
  async loggedIn(): Promise<void> {},
  async logout(_options?: { ignoreRevokeError?: boolean }): Promise<void> {},
  on(_event: 'logged-out' | 'auth-failed', _listener: (...args: never[]) => void): () => void {
    return () => undefined;
  },
};

/** There is no server that would ask for a key. @throws ContainerError ERR_ALREADY_BOOTED after a boot, as the original's fails */
export function configureAPIKey(_key: string): void {
  if (hasBooted) throw new ContainerError({ code: 'ERR_ALREADY_BOOTED', message: '`configureAPIKey` should always be called before `WebContainer.boot`' });
}
