/**
 * The messages that the client of `@webcontainer/api` speaks over a MessagePort, which are Comlink's: a request has an `id`, a type, the path
 * of a property and arguments; a value is given as it is, by a port through which it can be called, or as what was thrown.
 */

const GET = 0;
const APPLY = 2;
const ENDPOINT = 4;
const RELEASE = 5;
const RAW = 0;
const HANDLED = 3;

type WireValue = { type: typeof RAW; value: unknown } | { type: typeof HANDLED; name: 'proxy'; value: MessagePort } | { type: typeof HANDLED; name: 'throw'; value: unknown };

interface Request {
  id: string;
  type: number;
  path?: string[];
  argumentList?: WireValue[];
}

/** What the other side is to call, not to copy. */
class Served {
  readonly object: object;

  constructor(object: object) {
    this.object = object;
  }
}

export function served(object: object): Served {
  return new Served(object);
}

/** Lets the other side of a port use an object. */
export function expose(object: object, port: MessagePort): void {
  port.onmessage = ({ data }: MessageEvent<Request | null>): void => {
    if (data !== null && typeof data === 'object' && typeof data.id === 'string') void answer(object, port, data);
  };
}

async function answer(object: object, port: MessagePort, request: Request): Promise<void> {
  const { id, type } = request;
  let reply: [WireValue, Transferable[]];
  try {
    reply = toWire(await perform(object, request));
  } catch (error) {
    reply = [{ type: HANDLED, name: 'throw', value: thrown(error) }, []];
  }
  port.postMessage({ ...reply[0], id }, reply[1]);
  if (type === RELEASE) port.close();
}

/** Own members of what is served, and nothing of its prototypes. */
function member(object: unknown, name: string): unknown {
  if (typeof object !== 'object' || object === null || !Object.hasOwn(object, name)) throw new TypeError(`there is no '${name}' there`);
  return (object as Record<string, unknown>)[name];
}

function perform(object: object, { type, path = [], argumentList = [] }: Request): unknown {
  if (type === RELEASE) return undefined;
  if (type === ENDPOINT) return served(object);
  const value = path.reduce<unknown>(member, object);
  if (type === GET) return value;
  if (type !== APPLY) throw new TypeError(`what is served here is only read and called (${type})`);
  if (typeof value !== 'function') throw new TypeError(`${path.join('.')} is no function`);
  return (value as (...args: unknown[]) => unknown)(...argumentList.map(fromWire));
}

function toWire(value: unknown): [WireValue, Transferable[]] {
  if (value instanceof Served || typeof value === 'function') {
    const { port1, port2 } = new MessageChannel();
    expose(value instanceof Served ? value.object : (value as object), port1);
    return [{ type: HANDLED, name: 'proxy', value: port2 }, [port2]];
  }
  const transfer = value instanceof Uint8Array && value.buffer instanceof ArrayBuffer ? [value.buffer] : [];
  return [{ type: RAW, value }, transfer];
}

/** A function of the other side becomes one that sends for it; nobody here waits for what it gives. */
function fromWire(wire: WireValue): unknown {
  if (wire.type === RAW) return wire.value;
  if (wire.name !== 'proxy') throw new TypeError('an argument of an unknown kind');
  const port = wire.value;
  port.start();
  return (...args: unknown[]): void => {
    const values = args.map(toWire);
    port.postMessage({ id: crypto.randomUUID(), type: APPLY, path: [], argumentList: values.map(([value]) => value) }, values.flatMap(([, transfer]) => transfer));
  };
}

function thrown(error: unknown): unknown {
  if (!(error instanceof Error)) return { isError: false, value: error };
  const { message, name, stack } = error;
  const code = (error as { code?: unknown }).code;
  return { isError: true, value: { message, name, stack, ...(typeof code === 'string' ? { code } : {}) } };
}
