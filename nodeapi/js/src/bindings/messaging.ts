// Structured clone and the DOMException hook. Message ports are queues inside the one realm.

import { perContext } from '../realm';
import { structuredClone } from '../structured_clone';

export function create(): object {
  return {
    setDeserializerCreateObjectFunction(): void {},
    structuredClone,
    exposeLazyDOMExceptionProperty(target: object): void {
      Object.defineProperty(target, 'DOMException', {
        configurable: true, enumerable: false, writable: true, value: perContext.DOMException,
      });
    },
    get DOMException() { return perContext.DOMException; },
    stopMessagePort(): void {},
    drainMessagePort(): void {},
    receiveMessageOnPort: () => undefined,
  };
}
