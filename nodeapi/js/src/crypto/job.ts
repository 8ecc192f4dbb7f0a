// CryptoJob: work that is done at once, in the poll phase, or behind a promise (Web Crypto).

import { AsyncWrap, callIn, makeCallback } from '../async_wrap';
import { enqueueWork } from '../loop';
import { constant } from '../oracle';
import { perContext } from '../realm';
import { decorate } from './openssl';

const kCryptoJobAsync: number = constant('crypto', 'kCryptoJobAsync');
const kCryptoJobSync: number = constant('crypto', 'kCryptoJobSync');
export const kCryptoJobWebCrypto: number = constant('crypto', 'kCryptoJobWebCrypto');

/** What Web Crypto says of any failure; the cause tells. */
function operationError(cause: unknown): Error {
  return new perContext.DOMException(
    'The operation failed for an operation-specific reason', { name: 'OperationError', cause },
  );
}

export abstract class CryptoJob extends AsyncWrap {
  #mode: number;
  #work: () => unknown;

  constructor(provider: string, mode: number, work: () => unknown) {
    super(provider);
    this.#mode = mode;
    this.#work = work;
  }

  /** `[error, result]` for a synchronous job, a promise for Web Crypto, nothing otherwise (`ondone` follows). */
  run(): unknown {
    if (this.#mode === kCryptoJobSync) return this.#outcome();
    if (this.#mode === kCryptoJobAsync) {
      enqueueWork(() => makeCallback(this, 'ondone', ...this.#outcome()));
      return undefined;
    }
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    enqueueWork(() => callIn(this, () => {
      const [error, result] = this.#outcome();
      if (error === undefined) settle(resolve, result);
      else reject(operationError(error));
      AsyncWrap.end(this);
    }));
    return promise;
  }

  #outcome(): [unknown, unknown] {
    try {
      return [undefined, this.#work()];
    } catch (error) {
      return [decorate(error), undefined];
    }
  }
}

/** Resolves without asking the result's prototypes for `then`. */
function settle(resolve: (value: unknown) => void, result: any): void {
  const shadows = typeof result === 'object' && result !== null && !Object.hasOwn(result, 'then');
  if (shadows) Object.defineProperty(result, 'then', { value: undefined, configurable: true, enumerable: true, writable: true });
  resolve(result);
  if (shadows) delete result.then;
}
