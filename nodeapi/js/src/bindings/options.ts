import { called } from '../oracle';
import { command } from '../start';

export function create(): object {
  return {
    getCLIOptionsValues: () => command.options,
    getCLIOptionsInfo: () => called('options.getCLIOptionsInfo'),
    getEmbedderOptions: () => called('options.getEmbedderOptions'),
    getOptionsAsFlags: () => command.execArgv,
    getEnvOptionsInputType: () => new Map(),
    getNamespaceOptionsInputType: () => new Map(),
  };
}
