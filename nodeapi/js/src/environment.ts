// The environment of the process, and `process.env` over it. As src/node_env_var.cc.

import { setLocalZone } from './intl/date';
import { process } from './realm';
import { onProcessStart } from './start';
import { plainProxies } from './structured_clone';
import { self } from './thread';

/** The variables, by name. */
export const environment = new Map<string, string>();

onProcessStart(() => {
  environment.clear();
  const list = self.start?.env ?? host.ops.program_env();
  for (let i = 0; i < list.length; i += 2) {
    environment.set(list[i]!, list[i + 1]!);
  }
  if (environment.has('TZ')) setLocalZone(environment.get('TZ'));
  // Modules of the library look at it before the process object gets the rest.
  Object.defineProperty(process, 'env', { value: createEnv(), enumerable: true, configurable: true, writable: true });
});

function text(value: unknown): string {
  if (typeof value === 'symbol') throw new TypeError('Cannot convert a Symbol value to a string');
  return String(value);
}

/** A new `process.env`: every value is a string, `undefined` included. */
export function createEnv(): object {
  const target: any = {};
  for (const [name, value] of environment) target[name] = value;
  const env = new Proxy(target, {
    set(object, name, value): boolean {
      if (typeof name === 'symbol') throw new TypeError('Cannot convert a Symbol value to a string');
      object[name] = text(value);
      environment.set(name, object[name]);
      if (name === 'TZ') setLocalZone(object[name]);
      return true;
    },
    defineProperty(object, name, descriptor): boolean {
      const fail = (what: string): never => {
        const error: any = new TypeError(what);
        error.code = 'ERR_INVALID_OBJECT_DEFINE_PROPERTY';
        throw error;
      };
      if ('get' in descriptor || 'set' in descriptor) {
        fail("'process.env' does not accept an accessor(getter/setter) descriptor");
      }
      if (!('value' in descriptor)) {
        fail("'process.env' only accepts a configurable, writable, and enumerable data descriptor");
      }
      if (!descriptor.configurable || !descriptor.writable || !descriptor.enumerable) {
        fail("'process.env' only accepts a configurable, writable, and enumerable data descriptor");
      }
      if (typeof name === 'symbol') throw new TypeError('Cannot convert a Symbol value to a string');
      object[name] = text(descriptor.value);
      environment.set(name, object[name]);
      return true;
    },
    deleteProperty(object, name): boolean {
      if (typeof name === 'string') environment.delete(name);
      if (name === 'TZ') setLocalZone(undefined);
      return delete object[name];
    },
  });
  plainProxies.add(env);
  return env;
}

/** The variables of a thread that shares them: every thread tells the others of its changes, and hears of theirs before it looks. */
export function shareEnvironment(): string[] {
  const list: string[] = [];
  for (const [name, value] of environment) list.push(name, value);
  return list;
}
