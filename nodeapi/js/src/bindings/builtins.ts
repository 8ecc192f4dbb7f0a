import { processShape } from '../oracle';
import { compileBuiltin, loaders } from '../realm';

export function create(): object {
  return {
    builtinIds: host.ops.program_node_ids(),
    config: JSON.stringify(processShape.config),
    compileFunction: compileBuiltin,
    setInternalLoaders(internalBinding: any, require: any): void {
      loaders.internalBinding = internalBinding;
      loaders.require = require;
    },
    hasCachedBuiltins: () => true,
    isBuiltinId: (id: string) => host.ops.program_source(`node:${id}`) !== undefined,
    natives: lazyNatives(),
  };
}

/** `process.binding('natives')`: sources by id, read when asked for. */
function lazyNatives(): object {
  const natives = {};
  for (const id of host.ops.program_node_ids()) {
    Object.defineProperty(natives, id, { enumerable: true, configurable: true, get: () => host.ops.program_source(`node:${id}`) });
  }
  return natives;
}
