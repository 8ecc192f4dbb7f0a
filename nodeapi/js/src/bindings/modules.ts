// package.json files for the module loaders. As src/node_modules.cc.

import { readText } from '../files';

interface Package { name?: string; main?: string; type: string; imports: string | null; exports: string | null; path: string }

/** name, main, type, imports, exports, path: what `deserializePackageJSON` takes apart. */
type Serialized = [string | undefined, string | undefined, string, string | null, string | null, string];

const cache = new Map<string, Package | undefined>();

function field(value: unknown): string | null {
  if (value === undefined) return null;
  // A string stays one; anything else travels as JSON.
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function invalid(path: string, message: string, base?: string): Error {
  const error: any = new Error(`Invalid package config ${path}${base === undefined ? '' : ` while importing ${base}`}.${
    message === '' ? '' : ` ${message}`}`);
  error.code = 'ERR_INVALID_PACKAGE_CONFIG';
  return error;
}

function read(path: string, base?: string): Package | undefined {
  if (cache.has(path)) return cache.get(path);
  const text = readText(path);
  let result: Package | undefined;
  if (text !== undefined) {
    let json: any;
    try {
      json = JSON.parse(text);
    } catch {
      throw invalid(path, '', base);
    }
    if (typeof json !== 'object' || json === null || Array.isArray(json)) throw invalid(path, '', base);
    result = {
      name: typeof json.name === 'string' ? json.name : undefined,
      main: typeof json.main === 'string' ? json.main : undefined,
      type: json.type === 'module' || json.type === 'commonjs' ? json.type : 'none',
      imports: typeof json.imports === 'object' && json.imports !== null ? field(json.imports) : null,
      exports: field(json.exports),
      path,
    };
  }
  cache.set(path, result);
  return result;
}

function serialize(json: Package | undefined): Serialized | undefined {
  return json === undefined ? undefined : [json.name, json.main, json.type, json.imports, json.exports, json.path];
}

/** The nearest package.json above a file. */
function nearest(file: string): Package | undefined {
  let directory = file;
  for (;;) {
    const at = directory.lastIndexOf('/');
    if (at < 0) return undefined;
    directory = directory.slice(0, at);
    if (directory.endsWith('/node_modules')) return undefined;
    const found = read(`${directory}/package.json`);
    if (found !== undefined) return found;
  }
}

function pathOf(url: string): string {
  return url.startsWith('file://') ? decodeURIComponent(url.slice(7).replace(/[?#].*$/, '')) : url;
}

export function create(): object {
  return {
    readPackageJSON: (path: string, isEsm: boolean, base?: string, specifier?: string) =>
      serialize(read(path, isEsm && base !== undefined ? `"${specifier}" from ${pathOf(base)}` : undefined)),
    getNearestParentPackageJSON: (file: string) => serialize(nearest(file)),
    getNearestParentPackageJSONType: (file: string) => nearest(file)?.type ?? 'none',
    getPackageScopeConfig(url: string): Serialized | string {
      const found = nearest(pathOf(url));
      return found === undefined ? '/package.json' : serialize(found)!;
    },
    getPackageType: (url: string) => {
      const type = nearest(pathOf(url))?.type;
      return type === 'none' ? undefined : type;
    },
    enableCompileCache: () => [3],
    getCompileCacheDir: () => undefined,
    flushCompileCache(): void {},
    getCompileCacheEntry: () => undefined,
    saveCompileCacheEntry(): void {},
    setLazyPathHelpers(meta: any, url: string): void {
      const filename = pathOf(url);
      const at = filename.lastIndexOf('/');
      meta.dirname = at <= 0 ? '/' : filename.slice(0, at);
      meta.filename = filename;
    },
  };
}
