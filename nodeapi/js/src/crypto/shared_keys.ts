// Keys and certificates in messages. This file is there in every thread; the rest is loaded by the first key that comes or goes.

import { library, sharedNatives } from '../structured_clone';
import type { KeyObjectHandle } from './keys';

export interface CryptoKeySlots { handle: KeyObjectHandle; algorithm: unknown; usages: number; extractable: boolean }

/** The handles behind Node's objects. */
export const keyObjects = new WeakMap<object, KeyObjectHandle>();
export const cryptoKeys = new WeakMap<object, CryptoKeySlots>();
export const certificates = new WeakSet<object>();

/** Node's classes are made when its own module is loaded; that they refuse to be made empty does not matter. */
function loadClasses(): any {
  try {
    library.createObject!('internal/crypto/keys:KeyObject');
  } catch {
    // As said.
  }
  return host.loadGlue('crypto/keys');
}

sharedNatives.push({
  name: 'KeyObject',
  is: (value) => keyObjects.has(value as object),
  toValue: (key: object) => loadClasses().handleToValue(keyObjects.get(key)!),
  fromValue: (value: unknown) => {
    const keys = loadClasses();
    return keys.newKeyObject(keys.handleFromValue(value));
  },
});
sharedNatives.push({
  name: 'CryptoKey',
  is: (value) => cryptoKeys.has(value as object),
  toValue: (key: object) => {
    const { handle, algorithm, usages, extractable } = cryptoKeys.get(key)!;
    return [loadClasses().handleToValue(handle), algorithm, usages, extractable];
  },
  fromValue: ([handle, algorithm, usages, extractable]: [unknown, unknown, number, boolean]) => {
    const keys = loadClasses();
    return keys.newCryptoKey(keys.handleFromValue(handle), algorithm, usages, extractable);
  },
});
sharedNatives.push({
  name: 'X509Certificate',
  is: (value) => certificates.has(value as object),
  toValue: (certificate: { raw(): Uint8Array }) => new Uint8Array(certificate.raw()),
  fromValue: (raw: Uint8Array) => host.loadGlue('crypto/x509').parseX509(raw),
});
