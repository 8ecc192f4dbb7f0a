// Sign and Verify: a digest of what is written, then the key.

import { constant } from '../oracle';
import { asBuffer } from '../bindings/buffer';
import { inputBytes } from './cipher';
import { KeyObjectHandle, privateKey, publicOrPrivateKey, viewOf } from './keys';
import { coded, openssl } from './openssl';

declare global {
  interface Ops {
    crypto_sign_digest(key: number, digest: Bytes, hash: string, padding?: number, salt?: number, p1363?: boolean): Uint8Array;
    crypto_verify_digest(
      key: number, digest: Bytes, hash: string, padding: number | undefined, salt: number | undefined, p1363: boolean, context: null,
      signature: Bytes,
    ): boolean;
  }
}

const { ops } = host;
const kSigEncP1363: number = constant('crypto', 'kSigEncP1363');

abstract class SignBase {
  #hash: number | undefined;
  protected name = '';

  init(name: string): void {
    // A name of old for signatures of DSA.
    if (name.toLowerCase() === 'dss1') name = 'SHA1';
    this.#hash = ops.crypto_hash_new(name);
    if (this.#hash === undefined) throw coded(TypeError as any, 'ERR_CRYPTO_INVALID_DIGEST', 'Invalid digest');
    this.name = name;
  }

  update(data: unknown, encoding?: unknown): void {
    if (this.#hash === undefined) throw coded(Error, 'ERR_CRYPTO_INVALID_STATE', 'Not initialised');
    ops.crypto_hash_update(this.#hash, inputBytes(data, encoding));
  }

  protected digest(): Uint8Array {
    if (this.#hash === undefined) throw coded(Error, 'ERR_CRYPTO_INVALID_STATE', 'Not initialised');
    const digest = ops.crypto_hash_finish(this.#hash);
    this.#hash = undefined;
    return digest;
  }
}

export class Sign extends SignBase {
  sign(data: any, format: any, type: any, passphrase: any, curve: any, padding?: number, salt?: number, encoding?: number): Uint8Array {
    const key = privateKey([data, format, type, passphrase, curve]);
    const digest = this.digest();
    try {
      return asBuffer(openssl(() => (
        ops.crypto_sign_digest(key, digest, this.name, padding, salt, encoding === kSigEncP1363)
      )));
    } finally {
      if (!(data instanceof KeyObjectHandle)) ops.resource_drop(key);
    }
  }
}

export class Verify extends SignBase {
  verify(
    data: any, format: any, type: any, passphrase: any, curve: any, signature: unknown, padding?: number, salt?: number, encoding?: number,
  ): boolean {
    const key = publicOrPrivateKey([data, format, type, passphrase, curve]);
    const digest = this.digest();
    try {
      return openssl(() => (
        ops.crypto_verify_digest(key, digest, this.name, padding, salt, encoding === kSigEncP1363, null, viewOf(signature))
      ));
    } finally {
      if (!(data instanceof KeyObjectHandle)) ops.resource_drop(key);
    }
  }
}
