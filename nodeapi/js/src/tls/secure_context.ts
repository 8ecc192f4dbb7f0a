// node::crypto::SecureContext: what connections of TLS are made with.

import { asBuffer, utf8Bytes, utf8Text } from '../bindings/buffer';
import { notAvailable } from '../oracle';
import { freeWhenCollected } from '../resources';
import { noStartLine, opensslError, tlsError, unsupportedKey } from './errors';
import { trustedRoots } from './roots';

declare global {
  interface Ops {
    tls_suite_names(): string[];
    tls_context_new(ticketKeys: Bytes): number;
    tls_context_trust(context: number, pem: Bytes): number;
    tls_context_chain(context: number, pem: Bytes): number;
    tls_context_key(context: number, pem: Bytes): boolean;
    tls_context_versions(context: number, min: number, max: number): void;
    tls_context_suites(context: number, names: string): boolean;
    tls_context_groups(context: number, names: string): boolean;
    tls_context_set(context: number, usesRoots: boolean, allowsPartialChains: boolean, sessionTimeoutS: number): void;
    tls_context_tickets(context: number, keys?: Bytes): Uint8Array;
    tls_context_certificates(context: number): Uint8Array[];
    crypto_pkcs12?(bytes: Bytes, passphrase: Bytes | undefined): Uint8Array[];
    sys_getrandom(bytes: Bytes, flags: number): Result;
  }
}

const { ops } = host;
const TLS1_2 = 0x0303;
const TLS1_3 = 0x0304;
const TICKET_KEYS_BYTES = 48;
const SESSION_TIMEOUT_S = 7200;

/** Methods of OpenSSL that name a version. */
const METHODS: Record<string, number> = { TLSv1: 0x0301, TLSv1_1: 0x0302, TLSv1_2: TLS1_2, TLSv1_3: TLS1_3 };

function bytesOf(value: any): Uint8Array {
  if (typeof value === 'string') return utf8Bytes(value);
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
}

function methodError(message: string): Error {
  return Object.assign(new TypeError(message), { code: 'ERR_TLS_INVALID_PROTOCOL_METHOD' });
}

export class SecureContext {
  #id: number;
  #usesRoots = false;
  #allowsPartialChains = false;
  #sessionTimeoutS = SESSION_TIMEOUT_S;
  #min = TLS1_2;
  #max = 0;
  #suites13 = '';
  #suites12 = '';

  constructor() {
    const keys = new Uint8Array(TICKET_KEYS_BYTES);
    ops.sys_getrandom(keys, 0);
    this.#id = ops.tls_context_new(keys);
    freeWhenCollected(this, this.#id);
  }

  /** The number of a context, for the ops. */
  static idOf(context: SecureContext): number {
    return context.#id;
  }

  /** The number of the roots that a context trusts, if it does. */
  static rootsOf(context: SecureContext): number | undefined {
    return context.#usesRoots ? trustedRoots() : undefined;
  }

  init(method: string | undefined, min: number, max: number): void {
    [this.#min, this.#max] = [min, max];
    if (method !== undefined && method !== null) {
      const known = /^(SSLv2|SSLv3|SSLv23|TLS|TLSv1|TLSv1_1|TLSv1_2)(_server|_client)?_method$/.exec(method);
      if (known === null) throw methodError(`Unknown method: ${method}`);
      if (known[1] === 'SSLv2' || known[1] === 'SSLv3') throw methodError(`${known[1]} methods disabled`);
      const version = METHODS[known[1]!];
      if (version !== undefined) [this.#min, this.#max] = [version, version];
      else [this.#min, this.#max] = [0, known[1] === 'SSLv23' ? TLS1_2 : 0];
    }
    this.#setVersions();
  }

  #setVersions(): void {
    ops.tls_context_versions(this.#id, this.#min, this.#max);
  }

  getMinProto(): number { return this.#min; }
  getMaxProto(): number { return this.#max === 0 ? TLS1_3 : this.#max; }
  setMinProto(version: number): void { this.#min = version; this.#setVersions(); }
  setMaxProto(version: number): void { this.#max = version; this.#setVersions(); }

  /** OpenSSL's options switch workarounds and old versions of TLS; of those there are none. */
  setOptions(_options: number): void {}

  setCipherSuites(names: string): void {
    this.#suites13 = names;
    const known = ops.tls_suite_names();
    if (!names.split(':').some((one) => known.includes(one))) throw tlsError(['no cipher match', 185]);
    this.#applySuites();
  }

  setCiphers(list: string): void {
    // What OpenSSL does not know is left out, and nothing left is an error.
    this.#suites12 = chosenSuites(list).join(':');
    if (list !== '' && this.#suites12 === '') throw tlsError(['no cipher match', 185]);
    this.#applySuites();
  }

  #applySuites(): void {
    const names = [this.#suites13, this.#suites12].filter((one) => one !== '').join(':');
    ops.tls_context_suites(this.#id, names);
  }

  setECDHCurve(names: string): void {
    if (names === 'auto') return;
    if (!ops.tls_context_groups(this.#id, names)) throw Object.assign(new Error('Failed to set ECDH curve'), { code: 'ERR_CRYPTO_OPERATION_FAILED' });
  }

  setSigalgs(_names: string): void { throw notAvailable('the option sigalgs of TLS'); }
  addCRL(_crl: unknown): void { throw notAvailable('the option crl of TLS'); }
  setCertificateCompression(_packed: number): void { throw notAvailable('the option certificateCompression of TLS'); }
  setEngineKey(): void { throw notAvailable('the option privateKeyEngine of TLS'); }
  setClientCertEngine(): void { throw notAvailable('the option clientCertEngine of TLS'); }

  /** No suite here exchanges keys by finite-field Diffie-Hellman, so there is nothing that the parameters would be for. */
  setDHParam(_param: unknown): string | undefined { return undefined; }

  /** Tickets hold it in OpenSSL, so that servers which share keys keep apart; here each context has keys of its own. */
  setSessionIdContext(_id: string): void {}

  setSessionTimeout(seconds: number): void {
    this.#sessionTimeoutS = seconds;
    this.#apply();
  }

  addRootCerts(): void {
    this.#usesRoots = true;
    this.#apply();
  }

  setAllowPartialTrustChain(): void {
    this.#allowsPartialChains = true;
    this.#apply();
  }

  #apply(): void {
    ops.tls_context_set(this.#id, this.#usesRoots, this.#allowsPartialChains, this.#sessionTimeoutS);
  }

  addCACert(pem: any): void {
    ops.tls_context_trust(this.#id, bytesOf(pem));
  }

  setCert(pem: any): void {
    if (ops.tls_context_chain(this.#id, bytesOf(pem)) === 0) throw noStartLine();
  }

  setKey(pem: any, passphrase?: any): void {
    const bytes = bytesOf(pem);
    const text = utf8Text(bytes);
    if (!text.includes('-----BEGIN')) throw unsupportedKey();
    const isEncrypted = text.includes('ENCRYPTED');
    if (!isEncrypted && ops.tls_context_key(this.#id, bytes)) return;
    const pass = passphrase === undefined || passphrase === null ? undefined : bytesOf(passphrase);
    if (!ops.tls_context_key(this.#id, ops.crypto_private_key_pkcs8(bytes, pass))) throw unsupportedKey();
  }

  loadPKCS12(bytes: Uint8Array, passphrase?: Uint8Array): void {
    if (ops.crypto_pkcs12 === undefined) throw notAvailable('the option pfx of TLS');
    const [key, certificate, ...authorities] = ops.crypto_pkcs12(bytes, passphrase);
    if (key === undefined || certificate === undefined) throw opensslError('PKCS12 routines', 35, 'unsupported', 0, 'ERR_OSSL_PKCS12_UNSUPPORTED');
    ops.tls_context_chain(this.#id, certificate);
    ops.tls_context_key(this.#id, key);
    for (const one of authorities) ops.tls_context_trust(this.#id, one);
  }

  getTicketKeys(): Uint8Array { return asBuffer(ops.tls_context_tickets(this.#id)); }
  setTicketKeys(keys: Uint8Array): boolean { ops.tls_context_tickets(this.#id, bytesOf(keys)); return true; }
  enableTicketKeyCallback(): void { throw notAvailable('the ticket key callback of TLS'); }

  getCertificate(): Uint8Array | null {
    const [own] = ops.tls_context_certificates(this.#id);
    return own === undefined ? null : asBuffer(own);
  }

  getIssuer(): Uint8Array | null {
    const [, issuer] = ops.tls_context_certificates(this.#id);
    return issuer === undefined ? null : asBuffer(issuer);
  }

  close(): void {}
}
for (const hidden of ['idOf', 'rootsOf']) Object.defineProperty(SecureContext, hidden, { enumerable: false });

/** Suites of TLS 1.2 by a list in OpenSSL's format. ciphers(1). */
function chosenSuites(list: string): string[] {
  const all = ops.tls_suite_names().filter((name) => !name.startsWith('TLS_'));
  const chosen: string[] = [];
  const killed = new Set<string>();
  // `@SECLEVEL=0`, `@STRENGTH`: the level says which of the old are allowed, and those are not there.
  for (const word of list.replace(/@\w+(=\d+)?/g, '').split(/[:, ]/)) {
    if (word === '') continue;
    const [, sign, name] = /^([!+-]?)(.*)$/.exec(word)!;
    const fits = all.filter((suite) => name!.split('+').every((part) => hasProperty(suite, part)));
    if (sign === '!') for (const one of fits) killed.add(one);
    if (sign === '') for (const one of fits) if (!chosen.includes(one)) chosen.push(one);
    if (sign === '!' || sign === '-') for (const one of fits) if (chosen.includes(one)) chosen.splice(chosen.indexOf(one), 1);
  }
  return chosen.filter((one) => !killed.has(one));
}

/** Whether a word of OpenSSL's list means a suite. All suites here are ECDHE with an AEAD. */
function hasProperty(suite: string, word: string): boolean {
  switch (word) {
    case 'ALL': case 'DEFAULT': case 'HIGH': case 'COMPLEMENTOFDEFAULT': case 'TLSv1.2': case 'ECDHE': case 'EECDH': case 'kECDHE': case 'kEECDH': case 'ECDH':
      return word !== 'COMPLEMENTOFDEFAULT';
    case 'aRSA': case 'RSA': return suite.includes('-RSA-') && word === 'aRSA';
    case 'aECDSA': case 'ECDSA': return suite.includes('-ECDSA-');
    case 'AESGCM': case 'AES': return suite.includes('AES');
    case 'AES128': case 'AES256': return suite.includes(word);
    case 'CHACHA20': return suite.includes('CHACHA20');
    case 'SHA256': case 'SHA384': return suite.endsWith(word);
    default: return suite === word;
  }
}
