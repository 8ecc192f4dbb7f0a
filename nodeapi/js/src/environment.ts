// The environment of the process, and `process.env` over it. As src/node_env_var.cc.

import { join, receiveMessage, send } from './channel';
import { setLocalZone } from './intl/date';
import { readMessage, writeMessage } from './message_format';
import { process } from './realm';
import { command, onProcessStart } from './start';
import { plainProxies } from './structured_clone';
import { self } from './thread';

/** The variables, by name. */
export const environment = new Map<string, string>();

onProcessStart(() => {
  environment.clear();
  warned = false;
  const list = self.start?.env ?? host.ops.program_env();
  for (let i = 0; i < list.length; i += 2) {
    environment.set(list[i]!, list[i + 1]!);
  }
  if (environment.has('TZ')) setLocalZone(environment.get('TZ'));
  if (self.start?.sharedEnv !== undefined) share(self.start.sharedEnv);
  // Modules of the library look at it before the process object gets the rest.
  Object.defineProperty(process, 'env', { value: createEnv(), enumerable: true, configurable: true, writable: true });
});

function text(value: unknown): string {
  if (typeof value === 'symbol') throw new TypeError('Cannot convert a Symbol value to a string');
  return String(value);
}

/** What threads need to share their environment: the channel's name, and an end of it. */
export interface SharedEnvironment { group: string; fd: number }

let shared: SharedEnvironment | undefined;
/** What `process.env` shows. */
let target: any = {};

/** Tells the threads that share it of a change. */
function tell(name: string, value: string | undefined): void {
  if (shared !== undefined) send(shared.fd, writeMessage([name, value], []));
}

/** Hears what other threads have changed. */
function hear(): void {
  for (;;) {
    const message = receiveMessage(shared!.fd);
    if (message === undefined || message === 'over') return;
    const [name, value] = readMessage(message) as [string, string | undefined];
    if (value === undefined) {
      environment.delete(name);
      delete target[name];
    } else {
      environment.set(name, value);
      target[name] = value;
    }
    if (name === 'TZ') setLocalZone(value);
  }
}

/** From now on every look at the environment hears of changes first. */
function share(end: SharedEnvironment): void {
  shared = end;
  handler.get = (object, name) => {
    hear();
    return (object as any)[name];
  };
  handler.has = (object, name) => {
    hear();
    return name in object;
  };
  handler.ownKeys = (object) => {
    hear();
    return Reflect.ownKeys(object);
  };
  handler.getOwnPropertyDescriptor = (object, name) => {
    hear();
    return Reflect.getOwnPropertyDescriptor(object, name);
  };
}

/** The environment as it is now, and an end of the channel of those that share it, for one more thread. */
export function shareEnvironment(): { list: string[]; end: SharedEnvironment } {
  if (shared === undefined) {
    const group = `environment ${host.ops.sys_getpid()}.${self.start?.threadId ?? 0}`;
    share({ group, fd: join(group) });
  } else hear();
  const list: string[] = [];
  for (const [name, value] of environment) list.push(name, value);
  const { group } = shared!;
  return { list, end: { group, fd: join(group) } };
}

const handler: ProxyHandler<any> = {};

let warned = false;

/** DEP0104, once, for a value that is to become text although it is no text, number or boolean. */
function warnOfText(value: unknown): void {
  if (warned || !command.options['--pending-deprecation'] || /^(?:string|number|boolean)$/.test(typeof value)) return;
  warned = true;
  process.emitWarning(
    'Assigning any value other than a string, number, or boolean to a process.env property is deprecated. Please make sure to convert ' +
    'the value to a string before setting process.env with it.', 'DeprecationWarning', 'DEP0104',
  );
}

/** A new `process.env`: every value is a string, `undefined` included. */
export function createEnv(): object {
  target = {};
  for (const [name, value] of environment) target[name] = value;
  Object.assign(handler, {
    set(object, name, value): boolean {
      if (typeof name === 'symbol') throw new TypeError('Cannot convert a Symbol value to a string');
      warnOfText(value);
      object[name] = text(value);
      environment.set(name, object[name]);
      tell(name, object[name]);
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
      tell(name, object[name]);
      return true;
    },
    deleteProperty(object, name): boolean {
      if (typeof name === 'string' && environment.delete(name)) tell(name, undefined);
      if (name === 'TZ') setLocalZone(undefined);
      return delete object[name];
    },
  } satisfies ProxyHandler<any>);
  const env = new Proxy(target, handler);
  plainProxies.add(env);
  return env;
}
