// node::worker::MessagePort: within a thread two queues that hold clones, between threads an end of a channel of the kernel's, on
// which a port is put when it is first transferred to another. The class takes no part in the inheritance of handles,
// because Node's library gives `MessagePort` another parent.

import { AsyncWrap, callIn } from './async_wrap';
import { channel, join, receiveMessage, send } from './channel';
import { enqueueClose, enqueueWork, keepAlive, POLLIN, Watcher } from './loop';
import { readMessage, writeMessage } from './message_format';
import { perContext } from './realm';
import { cloneMessage, nativeTransfers } from './structured_clone';
import { isolateSymbols } from './symbols';

const oninit = isolateSymbols['oninit']!;
const onclose = isolateSymbols['handle_onclose']!;
const noMessage = isolateSymbols['no_message_symbol']!;
/** Messages delivered in one go before others get their turn. */
const MESSAGES_PER_TURN = 1000;

/** Ports that get each other's messages: the two of a channel. */
class Group {
  readonly members = new Set<Queue>();

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

/** What a port is natively: an end of a channel within this thread, or one that the kernel has (`wire`). */
class Queue extends AsyncWrap {
  messages: unknown[] = [];
  group: Group | undefined;
  wire: Wire | undefined;
  receiving = false;
  closed = false;
  #scheduled = false;

  constructor(readonly port: any) {
    super('MESSAGEPORT');
  }

  schedule(): void {
    this.wire?.watch(this.receiving);
    if (this.#scheduled || !this.receiving || this.messages.length === 0) return;
    this.#scheduled = true;
    enqueueWork(() => {
      this.#scheduled = false;
      this.deliver();
    });
  }

  /** The next message, or the symbol for none. */
  next(): unknown {
    if (this.messages.length > 0) return this.messages.shift();
    return this.wire === undefined ? noMessage : this.wire.receive();
  }

  deliver(): void {
    for (let count = 0; count < MESSAGES_PER_TURN && this.receiving && !this.closed; count += 1) {
      let message: unknown;
      try {
        message = this.next();
      } catch (error) {
        callIn(this, () => perContext.emitMessage.call(this.port, error, [], 'messageerror'));
        continue;
      }
      if (message === noMessage) break;
      callIn(this, () => perContext.emitMessage.call(this.port, message, [], 'message'));
    }
    if (!this.closed && this.wire?.isOver === true && this.messages.length === 0) this.close();
    else this.schedule();
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    keepAlive.delete(this);
    enqueueClose(() => this.#end());
    this.wire?.close();
    const { group } = this;
    this.group = undefined;
    if (group === undefined) return;
    group.members.delete(this);
    for (const peer of group.members) {
      // What was sent before is still delivered.
      enqueueWork(() => {
        peer.deliver();
        peer.close();
      });
    }
  }

  /** Leaves its port without closing what it was connected to. */
  detach(): { messages: unknown[]; group: Group | undefined; wire: Wire | undefined } {
    const state = { messages: this.messages, group: this.group, wire: this.wire };
    this.closed = true;
    this.group?.members.delete(this);
    this.group = undefined;
    this.wire = undefined;
    this.messages = [];
    keepAlive.delete(this);
    enqueueClose(() => this.#end());
    return state;
  }

  #end(): void {
    callIn(this, () => this.port[onclose]?.());
    AsyncWrap.end(this);
  }

  /** Leaves its port as an end of a channel of the kernel's, which another thread can have. */
  toDescriptor(): number {
    const { messages, group, wire } = this.detach();
    if (wire !== undefined) return wire.release();
    const [own, other] = channel();
    // Messages that are there already go before all that will be sent.
    for (const message of messages) send(own, writeMessage(message, undefined));
    const peer = [...group?.members ?? []][0];
    if (peer === undefined) host.ops.sys_close(own);
    else {
      peer.group = undefined;
      peer.connect(new Wire(own, peer));
    }
    return other;
  }

  connect(wire: Wire): void {
    this.wire = wire;
    this.schedule();
  }

  join(group: Group): void {
    this.group = group;
    group.members.add(this);
  }
}

/** A port's end of a channel of the kernel's. */
class Wire {
  isOver = false;
  readonly #watcher: Watcher;
  /** Whether a message that nobody takes is still to wake the loop. */
  #wakes = true;

  constructor(readonly fd: number, queue: Queue) {
    const known = new WeakRef(queue);
    this.#watcher = new Watcher(fd, () => {
      const waiting = known.deref();
      if (waiting === undefined) return;
      if (waiting.receiving) waiting.deliver();
      // A port that takes no messages hears of the end once there are none. A message that it does not take wakes the loop all the
      // same, once: what looks at the port by itself, in an immediate that keeps nothing alive, gets its turn.
      else if (receiveMessage(fd, true) === 'over') waiting.close();
      else {
        this.#wakes = false;
        this.#watcher.watch(0);
      }
    });
    // The port itself counts, or does not.
    this.#watcher.referenced = false;
    abandoned.register(queue, { fd, watcher: this.#watcher }, this);
  }

  watch(receiving: boolean): void {
    const wanted = this.isOver || !(receiving || this.#wakes) ? 0 : POLLIN;
    if (this.#watcher.events !== wanted) this.#watcher.watch(wanted);
  }

  receive(): unknown {
    const message = receiveMessage(this.fd);
    if (!this.#wakes) {
      this.#wakes = true;
      this.watch(false);
    }
    if (message === undefined) return noMessage;
    if (message !== 'over') return readMessage(message);
    this.isOver = true;
    return noMessage;
  }

  close(): void {
    this.#watcher.watch(0);
    abandoned.unregister(this);
    host.ops.sys_close(this.fd);
  }

  /** Its descriptor goes elsewhere. */
  release(): number {
    this.#watcher.watch(0);
    abandoned.unregister(this);
    return this.fd;
  }
}
/** Ends whose ports were collected before they were closed. */
const abandoned = new FinalizationRegistry<{ fd: number; watcher: Watcher }>(({ fd, watcher }) => {
  watcher.watch(0);
  host.ops.sys_close(fd);
});

const queues = new WeakMap<object, Queue>();

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
    const { group, wire } = queue;
    if (wire !== undefined && !queue.closed) {
      const message = writeMessage(value, list, this);
      // What was transferred may have been this port.
      if (!queue.closed) send(wire.fd, message);
      return true as never;
    }
    if (queue.closed || group === undefined || group.members.size < 2) {
      cloneMessage(value, list, this);
      // A closed port answers nothing.
      return undefined as never;
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
  attach: ({ messages, group, wire }: ReturnType<Queue['detach']>) => {
    const port = makePort();
    const queue = queueOf(port);
    queue.messages = messages;
    if (wire !== undefined) queue.connect(new Wire(wire.release(), queue));
    else if (group === undefined) queue.closed = true;
    else queue.join(group);
    return port;
  },
  toDescriptor: (port) => queueOf(port).toDescriptor(),
  fromDescriptor: wirePort,
});

/** A port over an end of a channel of the kernel's. */
export function wirePort(fd: number): MessagePort {
  const port = makePort();
  queueOf(port).connect(new Wire(fd, queueOf(port)));
  return port;
}

/** A port for all messages under a name, of all threads of the process. */
export function broadcastChannel(name: string): MessagePort {
  return wirePort(join(name));
}

export function stop(port: object): void {
  const queue = queueOf(port);
  queue.receiving = false;
  queue.wire?.watch(false);
}

/** The next message, or the symbol for none. */
export function receive(port: object): unknown {
  const queue = queueOf(port);
  return queue.closed ? noMessage : queue.next();
}

/** Delivers all messages that are there, in one go. */
export function drain(port: object): void {
  const queue = queueOf(port);
  queue.receiving = true;
  queue.deliver();
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
