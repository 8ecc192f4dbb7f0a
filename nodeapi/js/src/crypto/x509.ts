// X509Certificate's handle, and SPKAC.

import { certificates } from './shared_keys';
import { asBuffer } from '../bindings/buffer';
import { constant, notAvailable } from '../oracle';
import { freeWhenCollected } from '../resources';
import { KeyObjectHandle, viewOf } from './keys';
import { coded, openssl } from './openssl';

declare global {
  interface Ops {
    crypto_x509_parse(data: Bytes): number;
    crypto_x509_fields(certificate: number): CertificateFields;
    crypto_x509_public_key(certificate: number): number;
    crypto_x509_check_host(certificate: number, host: string, flags: number): string | undefined;
    crypto_x509_check_email(certificate: number, email: string, flags: number): string | undefined;
    crypto_x509_check_ip(certificate: number, address: string): boolean | undefined;
    crypto_x509_check_issued(certificate: number, issuer: number): boolean;
    crypto_x509_verify(certificate: number, key: number): boolean;
    crypto_spkac(text: Bytes): [holds: boolean, key: string | undefined, challenge: Uint8Array] | undefined;
  }
}

/** What native code reads of a certificate at once. */
interface CertificateFields {
  subject: string;
  issuer: string;
  subjectAltName?: string;
  infoAccess?: string;
  validFrom: string;
  validTo: string;
  serialNumber: string;
  signatureAlgorithm?: string;
  signatureAlgorithmOid: string;
  keyUsage?: string[];
  ca: boolean;
  raw: Uint8Array;
  pem: string;
}

const { ops } = host;
const kKeyTypePublic: number = constant('crypto', 'kKeyTypePublic');

function fingerprint(digest: string, raw: Uint8Array): string {
  return Array.from(ops.crypto_hash_once(digest, raw)!, (byte) => byte.toString(16).padStart(2, '0').toUpperCase()).join(':');
}

/** The handle behind `crypto.X509Certificate`. */
class X509Certificate {
  #id: number;
  #fields: CertificateFields;

  constructor(id: number) {
    certificates.add(this);
    this.#id = id;
    this.#fields = ops.crypto_x509_fields(id);
    freeWhenCollected(this, id);
  }

  subject(): string | undefined { return this.#fields.subject; }
  issuer(): string | undefined { return this.#fields.issuer; }
  subjectAltName(): string | undefined { return this.#fields.subjectAltName; }
  infoAccess(): string | undefined { return this.#fields.infoAccess; }
  getIssuerCert(): undefined {}
  validFrom(): string { return this.#fields.validFrom; }
  validTo(): string { return this.#fields.validTo; }
  validFromDate(): Date { return new Date(this.#fields.validFrom); }
  validToDate(): Date { return new Date(this.#fields.validTo); }
  fingerprint(): string { return fingerprint('sha1', this.#fields.raw); }
  fingerprint256(): string { return fingerprint('sha256', this.#fields.raw); }
  fingerprint512(): string { return fingerprint('sha512', this.#fields.raw); }
  keyUsage(): string[] | undefined { return this.#fields.keyUsage?.slice(); }
  serialNumber(): string { return this.#fields.serialNumber; }
  signatureAlgorithm(): string | undefined { return this.#fields.signatureAlgorithm; }
  signatureAlgorithmOid(): string { return this.#fields.signatureAlgorithmOid; }
  raw(): Uint8Array { return asBuffer(this.#fields.raw.slice()); }
  pem(): string { return this.#fields.pem; }
  checkCA(): boolean { return this.#fields.ca; }

  publicKey(): KeyObjectHandle {
    return KeyObjectHandle.of(kKeyTypePublic, openssl(() => ops.crypto_x509_public_key(this.#id)));
  }

  checkHost(name: string, flags: number): string | undefined {
    if (name.includes('\0')) throw coded(TypeError as any, 'ERR_INVALID_ARG_VALUE', 'Invalid name');
    return ops.crypto_x509_check_host(this.#id, name, flags);
  }

  checkEmail(name: string, flags: number): string | undefined {
    if (name.includes('\0')) throw coded(TypeError as any, 'ERR_INVALID_ARG_VALUE', 'Invalid name');
    return ops.crypto_x509_check_email(this.#id, name, flags) === undefined ? undefined : name;
  }

  checkIP(address: string): string | undefined {
    const found = ops.crypto_x509_check_ip(this.#id, address);
    if (found === undefined) throw coded(TypeError as any, 'ERR_INVALID_ARG_VALUE', 'Invalid IP');
    return found ? address : undefined;
  }

  checkIssued(other: X509Certificate): boolean {
    return ops.crypto_x509_check_issued(this.#id, other.#id);
  }

  checkPrivateKey(key: KeyObjectHandle): boolean {
    const own = ops.crypto_x509_public_key(this.#id);
    try {
      return ops.crypto_key_equals(own, KeyObjectHandle.key(key));
    } finally {
      ops.resource_drop(own);
    }
  }

  verify(key: KeyObjectHandle): boolean {
    return openssl(() => ops.crypto_x509_verify(this.#id, KeyObjectHandle.key(key)));
  }

  toLegacy(): object {
    if (!host.hasGlue('tls/certificate')) throw notAvailable('X509Certificate.prototype.toLegacyObject');
    return host.loadGlue('tls/certificate').legacyObject(this.#fields.raw);
  }
}

/** A certificate of PEM or DER. */
export function parseX509(data: unknown): X509Certificate {
  return new X509Certificate(openssl(() => ops.crypto_x509_parse(viewOf(data))));
}

export function certVerifySpkac(spkac: unknown): boolean {
  return ops.crypto_spkac(viewOf(spkac))?.[0] ?? false;
}

export function certExportPublicKey(spkac: unknown): Uint8Array | string {
  const key = ops.crypto_spkac(viewOf(spkac))?.[1];
  if (key === undefined) return '';
  return asBuffer(Uint8Array.from(key, (character) => character.charCodeAt(0)));
}

export function certExportChallenge(spkac: unknown): Uint8Array | string {
  const challenge = ops.crypto_spkac(viewOf(spkac))?.[2];
  return challenge === undefined ? '' : asBuffer(challenge);
}
