// TypeScript and JSX files. Types are stripped by an op in a hundredth of the time in which Node's own compiler (amaro, a module of
// WebAssembly) is loaded; that one still does what needs more than blanks and says in its words what is wrong. Files of JSX
// (`.jsx`, `.tsx`), which Node itself does not run, are transformed, and their stacks show the lines of the source.

import { getInternalBinding, loaders } from './realm';

declare global {
  interface Ops {
    typescript_strip(source: string): string | undefined;
    typescript_transform_jsx(source: string, fileName: string): [string, string] | [string, number, number];
  }
}

type Builtin = (...args: any[]) => any;

/** Replaces or completes a module of the library when it is compiled; `compile` gives the original. */
const changes: Record<string, (compile: () => Builtin) => Builtin> = {
  __proto__: null as never,
  'internal/deps/amaro/dist/index': (compile) => (_exports, require, module, ...rest) => {
    let original: any;
    module.exports = {
      transformSync(source: string, options: any): { code: string; map?: string } {
        const code = options?.mode === 'strip-only' ? host.ops.typescript_strip(source) : undefined;
        if (code !== undefined) return { code };
        if (original === undefined) {
          original = { exports: {} };
          compile()(original.exports, require, original, ...rest);
        }
        return original.exports.transformSync(source, options);
      },
    };
  },
  'internal/modules/esm/get_format': after((exports) => {
    exports.extensionFormatMap['.jsx'] = 'jsx';
    exports.extensionFormatMap['.tsx'] = 'jsx';
  }),
  'internal/modules/esm/translators': after((exports) => {
    exports.translators.set('jsx', function jsxStrategy(this: any, url: string, context: any, parentURL: unknown) {
      const path = loaders.require!('internal/url').fileURLToPath(url);
      const { stringify } = loaders.require!('internal/modules/helpers');
      context.source = transform(stringify(context.source), path);
      context.format = kindOf(path, context.source);
      return Reflect.apply(exports.translators.get(context.format), this, [url, context, parentURL]);
    });
  }),
  'internal/modules/cjs/loader': after((exports) => {
    const extensions = exports.Module._extensions;
    const load = { load(module: any, path: string): void {
      const code = transform(loaders.require!('fs').readFileSync(path, 'utf8'), path);
      module._compile(code, path, kindOf(path, code));
    } }.load;
    // Not enumerable, so that files of other kinds are found first, and lists of extensions are Node's.
    for (const name of ['.jsx', '.tsx']) {
      Object.defineProperty(extensions, name, { value: load, writable: true, configurable: true, enumerable: false });
    }
  }),
};

function after(change: (exports: any) => void): (compile: () => Builtin) => Builtin {
  return (compile) => {
    const original = compile();
    return (exports, require, module, ...rest) => {
      const result = original(exports, require, module, ...rest);
      change(module.exports);
      return result;
    };
  };
}

/** What the package says that the file is; if it says nothing, what its syntax says. */
function kindOf(path: string, code: string): 'module' | 'commonjs' {
  const type = getInternalBinding('modules').getNearestParentPackageJSONType(path);
  if (type !== 'none') return type;
  return getInternalBinding('contextify').containsModuleSyntax(code, path) ? 'module' : 'commonjs';
}

/** The JavaScript of a file of JSX, with its source map. */
function transform(source: string, path: string): string {
  const [code, map, length] = host.ops.typescript_transform_jsx(source, path);
  if (typeof map === 'number') throw syntaxError(code, source, path, map, length!);
  // The lines are not those of the file: stacks need the map.
  if (!process().sourceMapsEnabled) process().setSourceMapsEnabled(true);
  const data = loaders.require!('buffer').Buffer.from(map).toString('base64');
  return `${code}\n//# sourceMappingURL=data:application/json;base64,${data}`;
}

const process = (): any => host.global.process;

/** As Node's error for TypeScript that is none. */
function syntaxError(message: string, source: string, path: string, offset: number, length: number): Error {
  const before = source.slice(0, offset).split('\n');
  const column = before[before.length - 1]!.length;
  const line = source.split('\n')[before.length - 1] ?? '';
  const { ERR_INVALID_TYPESCRIPT_SYNTAX } = loaders.require!('internal/errors').codes;
  const error = new ERR_INVALID_TYPESCRIPT_SYNTAX(message);
  const marks = '^'.repeat(Math.max(1, Math.min(length, line.length - column)));
  error.stack = `${path}:${before.length}\n${line}\n${' '.repeat(column)}${marks}\n\n${error.stack}`;
  return error;
}

/** The module of the library with this id, with what is changed about it. */
export function adapted(id: string, compile: () => Builtin): Builtin {
  const change = changes[id];
  return change === undefined ? compile() : change(compile);
}
