/** What bolt.diy and TutorialKit call of `@webcontainer/api` beyond its published types. */
import { corsProxyOf, type OpenAgentsContainer } from './container.js';
import { ContainerError, invalidArgument } from './errors.js';
import { globs } from './archive/globs.js';
import { resolvePath } from './paths.js';

export interface PathWatcherEvent {
  type: 'change' | 'add_file' | 'remove_file' | 'add_dir' | 'remove_dir' | 'update_directory';
  /** Absolute. */
  path: string;
  /** With `includeContent`, for files. */
  buffer?: Uint8Array;
}

export interface WatchPathsOptions {
  /** Globs, absolute or relative to the working directory. */
  include: string[];
  exclude?: string[];
  includeContent?: boolean;
}

export interface Range {
  startLineNumber: number;
  startColumn: number;
  endLineNumber: number;
  endColumn: number;
}
export interface TextSearchMatch {
  preview: { text: string; matches: Range[] };
  ranges: Range[];
}
export interface TextSearchOptions {
  folders?: string[];
  includes?: string[];
  excludes?: string[];
  resultLimit?: number;
  isRegex?: boolean;
  caseSensitive?: boolean;
  isWordMatch?: boolean;
  /** Others of the original's (gitignore, requireGit …) are taken and change nothing. */
  [other: string]: unknown;
}

/** Of one registry: a token, or a name and a password. */
export interface RegistryCredentials {
  /** Its address. */
  registry: string;
  /** `@name`: only packages of this scope are looked for there. */
  scope?: string;
  authToken?: string;
  username?: string;
  password?: string;
}

const RESULTS_MAX = 10_000;
/** The user's: `HOME` is `/root`. */
const NPMRC = '/root/.npmrc';

/** The settings of npm's configuration, see npmrc(5). */
function npmrcLines({ registry, scope, authToken, username, password }: RegistryCredentials): [string, string][] {
  if (typeof registry !== 'string' || !URL.canParse(registry)) throw invalidArgument(`registry: '${String(registry)}' is no address`);
  if (scope !== undefined && !/^@[^/\s=]+$/.test(scope)) throw invalidArgument(`scope: '${scope}' is no scope: it is written '@name'`);
  if ((authToken === undefined) === (username === undefined || password === undefined)) throw invalidArgument('credentials are an authToken, or a username and a password');
  const url = new URL(registry);
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  const basic = (): string => btoa(String.fromCharCode(...new TextEncoder().encode(`${username}:${password}`)));
  const secret = authToken === undefined ? `_auth=${basic()}` : `_authToken=${authToken}`;
  if (/[\r\n]/.test(secret)) throw invalidArgument('credentials have no line breaks');
  const at = secret.indexOf('=');
  return [
    [`//${url.host}${url.pathname}:${secret.slice(0, at)}`, secret.slice(at + 1)],
    ...(scope === undefined ? [] : [[`${scope}:registry`, url.href] as [string, string]]),
  ];
}

export class Internal {
  readonly #container: OpenAgentsContainer;

  /** @internal */
  constructor(container: OpenAgentsContainer) {
    this.#container = container;
  }

  /** Hears of files and folders that come, change and go; first of those that are there. */
  watchPaths(options: WatchPathsOptions, told: (events: PathWatcherEvent[]) => void): () => void {
    const { workdir, fs } = this.#container;
    const absolute = (patterns: readonly string[]): string[] => patterns.map((pattern) => (pattern.includes('/') ? resolvePath(workdir, pattern) : pattern));
    const isIncluded = globs(absolute(options.include));
    const isExcluded = globs([...absolute(options.exclude ?? []), ...absolute(options.exclude ?? []).map((pattern) => `${pattern}/**`)]);
    const wanted = (path: string): boolean => isIncluded(path.slice(1)) && !isExcluded(path.slice(1)) && !path.split('/').some((name) => isExcluded(name));
    const known = new Map<string, 'file' | 'dir'>();
    let queue = Promise.resolve();
    const look = async (path: string): Promise<PathWatcherEvent[]> => {
      const stat = await fs.lstat(path).catch(() => undefined);
      const before = known.get(path);
      if (stat === undefined) {
        known.delete(path);
        return before === undefined ? [] : [{ type: before === 'dir' ? 'remove_dir' : 'remove_file', path }];
      }
      if (stat.isDirectory()) {
        known.set(path, 'dir');
        return [{ type: before === undefined ? 'add_dir' : 'update_directory', path }];
      }
      known.set(path, 'file');
      const buffer = options.includeContent === true ? await fs.readFile(path).catch(() => undefined) : undefined;
      return [{ type: before === undefined ? 'add_file' : 'change', path, ...(buffer === undefined ? {} : { buffer }) }];
    };
    const tell = (paths: readonly string[]): void => {
      queue = queue.then(async () => {
        const events: PathWatcherEvent[] = [];
        for (const path of paths) if (wanted(path)) events.push(...(await look(path)));
        if (events.length > 0) told(events);
      }).catch(() => undefined);
    };
    const watcher = fs.watch(workdir, { recursive: true }, (_, name) => tell([`${workdir}/${String(name)}`]));
    void this.#container.kernel.call('fileSearch', '', { excludes: ['node_modules', '.git'] }, workdir, RESULTS_MAX).then(tell, () => undefined);
    return () => watcher.close();
  }

  /** Files whose text holds `query`; lines and columns are counted from 0, as the original does. */
  async textSearch(query: string, options: TextSearchOptions = {}, progress?: (path: string, matches: TextSearchMatch[]) => void): Promise<Map<string, TextSearchMatch[]>> {
    const { workdir, kernel } = this.#container;
    const filter = { includes: [], excludes: options.excludes ?? ['node_modules', '.git'] };
    const text = { text: query, isRegex: options.isRegex === true, caseSensitive: options.caseSensitive === true, wholeWords: options.isWordMatch === true, limit: options.resultLimit ?? RESULTS_MAX };
    const isIncluded = options.includes === undefined || options.includes.length === 0 ? (): boolean => true : globs(options.includes);
    const found = new Map<string, TextSearchMatch[]>();
    for (const folder of options.folders ?? [workdir]) {
      const base = resolvePath(workdir, folder);
      for (const { path, lines } of await kernel.call('textSearch', text, filter, base)) {
        if (!isIncluded(path.slice(base.length + 1))) continue;
        const matches = lines.map(({ text: line, line: number, start, end }): TextSearchMatch => {
          const inPreview = { startLineNumber: 0, startColumn: start, endLineNumber: 0, endColumn: end };
          return { preview: { text: line, matches: [inPreview] }, ranges: [{ startLineNumber: number, startColumn: start, endLineNumber: number, endColumn: end }] };
        });
        found.set(path, matches);
        progress?.(path, matches);
      }
    }
    return found;
  }

  /** Paths of files that hold the letters of `query` in their order. */
  async fileSearch(query: string, options: { folders?: string[]; excludes?: string[]; resultLimit?: number; [other: string]: unknown } = {}): Promise<string[]> {
    const { workdir, kernel } = this.#container;
    const limit = options.resultLimit ?? RESULTS_MAX;
    const folders = options.folders ?? [workdir];
    const lists = await Promise.all(
      folders.map((folder) => kernel.call('fileSearch', query, { excludes: options.excludes ?? ['node_modules', '.git'] }, resolvePath(workdir, folder), limit)),
    );
    return lists.flat().slice(0, limit);
  }

  /** Has a server pass requests on that its targets would refuse to a page; without one, they are made straight again. */
  async setCORSProxy(proxy?: { address: string; domains?: string[] } | null): Promise<void> {
    await this.#container.kernel.call('setCorsProxy', corsProxyOf(proxy ?? undefined));
  }

  /**
   * Who npm is to a registry, for all packages or those of a scope: written into the user's `.npmrc`, where it replaces what was set before for the
   * same registry or scope.
   */
  async setRegistryCredentials(credentials: RegistryCredentials | readonly RegistryCredentials[]): Promise<void> {
    const list = Array.isArray(credentials) ? (credentials as readonly RegistryCredentials[]) : [credentials as RegistryCredentials];
    const lines = list.flatMap(npmrcLines);
    const { fs } = this.#container;
    const before = await fs.readFile(NPMRC, 'utf8').catch((error: unknown) => {
      if (error instanceof ContainerError && error.code === 'ENOENT') return '';
      throw error;
    });
    const names = new Set(lines.map(([name]) => name));
    const kept = before.split('\n').filter((line) => line !== '' && !names.has(line.slice(0, line.indexOf('=')).trim()));
    await fs.mkdir('/root', { recursive: true });
    await fs.writeFile(NPMRC, [...kept, ...lines.map(([name, value]) => `${name}=${value}`), ''].join('\n'));
    await fs.chmod(NPMRC, 0o600);
  }
}
