/** What bolt.diy and TutorialKit call of `@webcontainer/api` beyond its published types. */
import type { OpenAgentsContainer } from './container.js';
import { notImplemented } from './errors.js';
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

const RESULTS_MAX = 10_000;

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

  /** Not there: a container reaches what its `network` option allows, and its page. */
  setCORSProxy(_options: unknown): never {
    throw notImplemented('internal.setCORSProxy', 'let your server forward, and give its address as `registry`');
  }

  /** Not there: credentials of a registry stand in `.npmrc`. */
  setRegistryCredentials(_credentials: unknown): never {
    throw notImplemented('internal.setRegistryCredentials', 'write them into .npmrc of the container');
  }
}
