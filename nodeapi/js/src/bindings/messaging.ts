// Structured clone and the DOMException hook.

import '../crypto/shared_keys';
import { broadcastChannel, drain, MessageChannel, MessagePort, receive, stop } from '../message_port';
import { perContext } from '../realm';
import { library, structuredClone } from '../structured_clone';

export function create(): object {
  return {
    setDeserializerCreateObjectFunction(create: (info: string) => any): void { library.createObject = create; },
    broadcastChannel,
    structuredClone,
    exposeLazyDOMExceptionProperty(target: object): void {
      Object.defineProperty(target, 'DOMException', {
        configurable: true, enumerable: false, writable: true, value: perContext.DOMException,
      });
    },
    get DOMException() { return perContext.DOMException; },
    MessageChannel,
    MessagePort,
    stopMessagePort(port: object): void { stop(port); },
    drainMessagePort(port: object): void { drain(port); },
    receiveMessageOnPort: (port: object) => receive(port),
  };
}
