// node::worker::MessagePort inside one realm: two queues that hold clones. The class takes no part in the inheritance of handles,
// because Node's library gives `MessagePort` another parent.

import { AsyncWrap, callIn } from './async_wrap';
import { enqueueClose, enqueueWork, keepAlive } from './loop';
import { perContext } from './realm';
import { structuredClone } from './structured_clone';
import { isolateSymbols } from './symbols';

const oninit = isolateSymbols['oninit']!;
const onclose = isolateSymbols['handle_onclose']!;
const noMessage = isolateSymbols['no_message_symbol']!;
/** Messages delivered in one go before others get their turn. */
const MESSAGES_PER_TURN = 1000;

/** What a port is natively. */
class Queue extends AsyncWrap {
  readonly messages: unknown[] = [];
  peer: Queue | undefined;
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
    const peer = this.peer;
    if (peer === undefined || peer.closed) return;
    // What was sent before is still delivered.
    enqueueWork(() => {
      peer.deliver();
      peer.close();
    });
  }
}

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
    const clone = structuredClone(value, { transfer: Array.isArray(options) ? options : options?.transfer });
    const queue = queueOf(this);
    if (queue.closed || queue.peer === undefined || queue.peer.closed) return;
    queue.peer.messages.push(clone);
    queue.peer.schedule();
  }

  start(): void {
    const queue = queueOf(this);
    if (queue.closed) return;
    queue.receiving = true;
    queue.schedule();
  }
}
Object.setPrototypeOf(MessagePort.prototype, Handle.prototype);

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

export class MessageChannel {
  declare port1: MessagePort;
  declare port2: MessagePort;
  constructor() {
    constructing = true;
    try {
      this.port1 = new MessagePort();
      this.port2 = new MessagePort();
    } finally {
      constructing = false;
    }
    queueOf(this.port1).peer = queueOf(this.port2);
    queueOf(this.port2).peer = queueOf(this.port1);
  }
}
