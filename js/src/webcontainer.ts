/** A drop-in for `@webcontainer/api` 1.6.4, over OpenAgentsContainer. */
import { OpenAgentsContainer, type ContainerOptions, type Environment } from './container.js';
import { invalidArgument, notImplemented } from './errors.js';
import { FileSystem } from './filesystem.js';
import { resolvePath } from './paths.js';
import type { ContainerProcess } from './process.js';
import type { FileSystemTree } from './tree.js';

/** The original's options, and those of ours that it has no word for. */
export interface BootOptions extends Pick<ContainerOptions, 'registry' | 'env' | 'network' | 'serviceWorker' | 'programs'> {
  /** Which header isolates the page. It is the page's server that sends it: nothing depends on this. */
  coep?: 'require-corp' | 'credentialless' | 'none';
  /** The name of the working directory in `/home`. */
  workdirName?: string;
  forwardPreviewErrors?: boolean | 'exceptions-only';
}

export interface WebContainerSpawnOptions {
  /** Relative to the working directory. */
  cwd?: string;
  env?: Environment;
  /** `false`: the output stream never has anything. */
  output?: boolean;
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

/** Events of programs (`xdg-open`, `code`) and of previews whose errors are forwarded: none of them is there yet, so none comes. */
const SILENT = new Set(['preview-message', 'xdg-open', 'code']);

export class WebContainer {
  /** Its files, all of them inside the working directory: an absolute path starts there too. */
  readonly fs: FileSystem;
  readonly #container: OpenAgentsContainer;

  private constructor(container: OpenAgentsContainer, fs: FileSystem) {
    this.#container = container;
    this.fs = fs;
  }

  /** Boots a container. The original allows one at a time; here a page may have several. */
  static async boot(options: BootOptions = {}): Promise<WebContainer> {
    const { coep: _, workdirName, forwardPreviewErrors, ...rest } = options;
    if (workdirName !== undefined && (workdirName === '' || workdirName === '.' || workdirName === '..' || workdirName.includes('/'))) {
      throw invalidArgument(`workdirName: '${workdirName}' is no folder name`);
    }
    if (forwardPreviewErrors !== undefined && forwardPreviewErrors !== false) throw notImplemented('forwardPreviewErrors');
    const workdir = `/home/${workdirName ?? 'project'}`;
    const container = await OpenAgentsContainer.boot({ network: 'any', ...rest, workdir });
    const inWorkdir = (path: string): string =>
      path === workdir || path.startsWith(`${workdir}/`) ? resolvePath('/', path) : workdir + resolvePath('/', path).replace(/\/$/, '');
    return new WebContainer(container, container.filesUnder(inWorkdir));
  }

  get path(): string {
    return this.#container.path;
  }

  get workdir(): string {
    return this.#container.workdir;
  }

  spawn(command: string, args: string[], options?: WebContainerSpawnOptions): Promise<WebContainerProcess>;
  spawn(command: string, options?: WebContainerSpawnOptions): Promise<WebContainerProcess>;
  async spawn(command: string, second?: string[] | WebContainerSpawnOptions, third?: WebContainerSpawnOptions): Promise<WebContainerProcess> {
    const args = Array.isArray(second) ? second : [];
    const options = (Array.isArray(second) ? third : second) ?? {};
    const process = await this.#container.spawn(command, args, {
      merged: true,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      env: { ...(options.terminal === undefined ? {} : { COLUMNS: options.terminal.cols, LINES: options.terminal.rows }), ...options.env },
    });
    return webContainerProcess(process, options.output !== false);
  }

  async mount(snapshotOrTree: FileSystemTree | Uint8Array | ArrayBuffer, options?: { mountPoint?: string }): Promise<void> {
    const mountPoint = options?.mountPoint;
    await this.#container.mount(snapshotOrTree, mountPoint === undefined ? {} : { mountPoint: `.${resolvePath('/', mountPoint)}` });
  }

  export(path: string): Promise<FileSystemTree>;
  export(path: string, options: ExportOptions & { format?: 'json' }): Promise<FileSystemTree>;
  export(path: string, options: ExportOptions): Promise<Uint8Array>;
  async export(path: string, options: ExportOptions = {}): Promise<FileSystemTree | Uint8Array> {
    if (options.format !== undefined && options.format !== 'json') throw notImplemented(`export as ${options.format}`);
    const { format: _, ...rest } = options;
    return this.#container.export(`.${resolvePath('/', path)}`, rest);
  }

  on(event: 'port', listener: PortListener): () => void;
  on(event: 'server-ready', listener: ServerReadyListener): () => void;
  on(event: 'error', listener: ErrorListener): () => void;
  on(event: 'preview-message' | 'xdg-open' | 'code', listener: (...args: never[]) => void): () => void;
  on(event: string, listener: (...args: never[]) => void): () => void {
    if (SILENT.has(event)) return () => undefined;
    return this.#container.on(event as 'port', listener as PortListener);
  }

  async setPreviewScript(_scriptSrc: string, _options?: PreviewScriptOptions): Promise<void> {
    throw notImplemented('setPreviewScript');
  }

  teardown(): void {
    this.#container.teardown();
  }
}

function webContainerProcess(process: ContainerProcess, hasOutput: boolean): WebContainerProcess {
  const output = hasOutput ? process.output : new ReadableStream<string>({ start: (controller) => controller.close() });
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

/** There is no server that would ask for a key. */
export function configureAPIKey(_key: string): void {}
