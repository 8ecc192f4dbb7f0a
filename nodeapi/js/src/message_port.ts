// node::worker::MessagePort inside one realm: two queues that hold clones. The class takes no part in the inheritance of handles,
// because Node's library gives `MessagePort` another parent.

import { AsyncWrap, callIn } from './async_wrap';
import { enqueueClose, enqueueWork, keepAlive } from './loop';
import { perContext } from './realm';
import { cloneMessage, nativeTransfers } from './structured_clone';
import { isolateSymbols } from './symbols';

const oninit = isolateSymbols['oninit']!;
const onclose = isolateSymbols['handle_onclose']!;
const noMessage = isolateSymbols['no_message_symbol']!;
/** Messages delivered in one go before others get their turn. */
const MESSAGES_PER_TURN = 1000;

/** Ports that get each other's messages: two for a channel, any number for a broadcast name. */
class Group {
  readonly members = new Set<Queue>();
  constructor(readonly name?: string) {}

  /** Gives a copy for each member but the sender. */
  send(from: Queue, value: unknown, list: unknown[]): void {
    for (const member of [...this.members]) {
      if (member === from || member.closed) continue;
      const clone = cloneMessage(value, list, from.port);
      if (from.closed) return;
      member.messages.push(clone);
      member.schedule();
    }
  }
}

/** What a port is natively. */
class Queue extends AsyncWrap {
  messages: unknown[] = [];
  group: Group | undefined;
  receiving = false;
  closed = false;
  #scheduled = false;

  constructor(readonly port: any) {
    super('MESSAGEPORT');
  }

  schedule(): void {
    if (this.#scheduled || !this.receiving || this.messages.length === 0) return;
    this.#scheduled = true;
    enqueueWork(() => {
      this.#scheduled = false;
      this.deliver();
    });
  }

  deliver(): void {
    for (let count = 0; count < MESSAGES_PER_TURN && this.receiving && this.messages.length > 0 && !this.closed; count += 1) {
      const message = this.messages.shift();
      callIn(this, () => perContext.emitMessage.call(this.port, message, [], 'message'));
    }
    this.schedule();
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    keepAlive.delete(this);
    enqueueClose(() => callIn(this, () => this.port[onclose]?.()));
    const { group } = this;
    this.group = undefined;
    if (group === undefined) return;
    group.members.delete(this);
    if (group.name !== undefined) {
      if (group.members.size === 0) broadcasts.delete(group.name);
      return;
    }
    for (const peer of group.members) {
      // What was sent before is still delivered.
      enqueueWork(() => {
        peer.deliver();
        peer.close();
      });
    }
  }

  /** Leaves its port without closing what it was connected to. */
  detach(): { messages: unknown[]; group: Group | undefined } {
    const state = { messages: this.messages, group: this.group };
    this.closed = true;
    this.group?.members.delete(this);
    this.group = undefined;
    this.messages = [];
    keepAlive.delete(this);
    enqueueClose(() => callIn(this, () => this.port[onclose]?.()));
    return state;
  }

  join(group: Group): void {
    this.group = group;
    group.members.add(this);
  }
}

const queues = new WeakMap<object, Queue>();
const broadcasts = new Map<string, Group>();

function queueOf(port: object): Queue {
  const queue = queues.get(port);
  if (queue === undefined) throw new TypeError('Illegal invocation');
  return queue;
}

/** The methods that `MessagePort` has from the handle classes. */
class Handle {
  close(): void { queueOf(this).close(); }
  ref(): void { if (!queueOf(this).closed) keepAlive.add(queueOf(this)); }
  unref(): void { keepAlive.delete(queueOf(this)); }
  hasRef(): boolean { return keepAlive.has(queueOf(this)); }
}

let constructing = false;

export class MessagePort {
  constructor() {
    if (!constructing) {
      const error: any = new TypeError('Constructor cannot be called');
      error.code = 'ERR_CONSTRUCT_CALL_INVALID';
      throw error;
    }
    queues.set(this, new Queue(this));
    const init = (this as any)[oninit];
    if (typeof init === 'function') init.call(this);
  }

  postMessage(...args: any[]): void {
    if (args.length === 0) {
      const error: any = new TypeError('Not enough arguments to MessagePort.postMessage');
      error.code = 'ERR_MISSING_ARGS';
      throw error;
    }
    const [value, options] = args;
    const list = transfers(options);
    const queue = queueOf(this);
    const { group } = queue;
    if (queue.closed || group === undefined || group.members.size < 2) {
      cloneMessage(value, list, this);
      // A broadcast that nobody hears has been sent; a closed port answers nothing.
      return (group?.name === undefined ? undefined : true) as never;
    }
    group.send(queue, value, list);
    return true as never;
  }

  start(): void {
    const queue = queueOf(this);
    if (queue.closed) return;
    queue.receiving = true;
    queue.schedule();
  }
}
Object.setPrototypeOf(MessagePort.prototype, Handle.prototype);

/** The second argument of `postMessage`, as a list. */
function transfers(options: any): unknown[] {
  const fail = (what: string): never => {
    const error: any = new TypeError(`Optional ${what} argument must be an iterable`);
    error.code = 'ERR_INVALID_ARG_TYPE';
    throw error;
  };
  if (options === undefined || options === null) return [];
  if (typeof options !== 'object' && typeof options !== 'function') fail('transferList');
  const iterable = typeof options[Symbol.iterator] === 'function' ? options : options.transfer;
  if (iterable === undefined || iterable === null) return [];
  if (typeof iterable[Symbol.iterator] !== 'function') fail('options.transfer');
  return [...iterable];
}

nativeTransfers.push({
  name: 'MessagePort',
  is: (value) => typeof value === 'object' && value !== null && queues.has(value),
  isDetached: (value) => queueOf(value).closed,
  detach: (value) => queueOf(value).detach(),
  attach: ({ messages, group }: { messages: unknown[]; group: Group | undefined }) => {
    const port = makePort();
    const queue = queueOf(port);
    queue.messages = messages;
    if (group === undefined) queue.closed = true;
    else queue.join(group);
    return port;
  },
});

/** A port for all messages under a name. */
export function broadcastChannel(name: string): MessagePort {
  let group = broadcasts.get(name);
  if (group === undefined) broadcasts.set(name, group = new Group(name));
  const port = makePort();
  queueOf(port).join(group);
  return port;
}

export function stop(port: object): void {
  queueOf(port).receiving = false;
}

/** The next message, or the symbol for none. */
export function receive(port: object): unknown {
  const { messages } = queueOf(port);
  return messages.length === 0 ? noMessage : messages.shift();
}

export function drain(port: object): void {
  queueOf(port).deliver();
}

function makePort(): MessagePort {
  constructing = true;
  try {
    return new MessagePort();
  } finally {
    constructing = false;
  }
}

export class MessageChannel {
  declare port1: MessagePort;
  declare port2: MessagePort;
  constructor() {
    this.port1 = makePort();
    this.port2 = makePort();
    const group = new Group();
    queueOf(this.port1).join(group);
    queueOf(this.port2).join(group);
  }
}
