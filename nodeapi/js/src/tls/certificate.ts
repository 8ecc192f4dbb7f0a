// Certificates as `getPeerCertificate()` shows them.

import { asBuffer } from '../bindings/buffer';
import { notAvailable } from '../oracle';

declare global {
  interface Ops {
    tls_certificate(der: Bytes): any[] | undefined;
  }
}

/** A name's parts; of several with one key an array. */
function name(parts: string[]): object {
  const out: any = Object.create(null);
  for (let i = 0; i < parts.length; i += 2) {
    const [key, value] = [parts[i]!, parts[i + 1]!];
    if (!(key in out)) out[key] = value;
    else if (Array.isArray(out[key])) out[key].push(value);
    else out[key] = [out[key], value];
  }
  return out;
}

/** As `X509Certificate::ToLegacyObject`; `undefined` for what is no certificate. */
export function legacyObject(der: Uint8Array): any {
  const parts = host.ops.tls_certificate(der);
  if (parts === undefined) return undefined;
  const [subject, issuer, altNames, infoAccess, isAuthority, key, spki, from, to, fingerprints, purposes, serial] = parts;
  const [kind, first, second, third, fourth] = key;
  const [isRsa, isCurve] = [kind === 'rsa', kind === 'ec'];
  // The keys are always the same, in this order.
  return {
    subject: name(subject),
    issuer: name(issuer),
    subjectaltname: altNames,
    infoAccess,
    ca: isAuthority,
    modulus: isRsa ? first : undefined,
    exponent: isRsa ? third : undefined,
    pubkey: isRsa ? asBuffer(spki) : isCurve ? asBuffer(second) : undefined,
    bits: isRsa ? second : isCurve ? first : undefined,
    valid_from: from,
    valid_to: to,
    fingerprint: fingerprints[0],
    fingerprint256: fingerprints[1],
    fingerprint512: fingerprints[2],
    ext_key_usage: purposes.length > 0 ? purposes : undefined,
    serialNumber: serial,
    raw: asBuffer(der.slice()),
    asn1Curve: isCurve ? third : undefined,
    nistCurve: isCurve ? fourth : undefined,
  };
}

/** A chain, each with its issuer; the last, if it is its own issuer, points at itself. */
export function legacyChain(chain: Uint8Array[]): any {
  const objects = chain.map(legacyObject).filter((one) => one !== undefined);
  objects.forEach((one, i) => {
    if (i + 1 < objects.length) one.issuerCertificate = objects[i + 1];
    else if (JSON.stringify(one.subject) === JSON.stringify(one.issuer)) one.issuerCertificate = one;
  });
  return objects[0];
}

/** The native half of an `X509Certificate`. */
export function x509Handle(der: Uint8Array): object {
  if (host.hasGlue('crypto/x509')) return host.loadGlue('crypto/x509').parseX509(der);
  // The library asks whether there is one; what it holds is not to be had.
  const fail = (): never => { throw notAvailable('X509Certificate'); };
  return { subject: fail, issuer: fail, toLegacy: fail, raw: fail };
}
