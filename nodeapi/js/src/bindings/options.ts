import { called } from '../oracle';
import { command } from '../start';

export function create(): object {
  return {
    getCLIOptionsValues: () => command.options,
    getCLIOptionsInfo: () => called('options.getCLIOptionsInfo'),
    getEmbedderOptions: () => called('options.getEmbedderOptions'),
    getOptionsAsFlags: () => command.execArgv,
    getEnvOptionsInputType: () => {
      const info: Map<string, { type: number; envVarSettings: number }> = called('options.getCLIOptionsInfo').options;
      return new Map([...info].filter(([, option]) => option.envVarSettings === 0).map(([name, option]) => [name, option.type]));
    },
    getNamespaceOptionsInputType: () => new Map(),
  };
}
