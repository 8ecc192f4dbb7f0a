// Certificates that are trusted by themselves: Node's own, and NODE_EXTRA_CA_CERTS.

import { utf8Bytes, utf8Text } from '../bindings/buffer';
import { readBytes } from '../files';

declare global {
  interface Ops {
    tls_roots(pem: Bytes): number;
  }
}

const BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

let bundled: string[] | undefined;
let extra: string[] | undefined;
/** What `tls.setDefaultCACertificates` put in the place of all. */
let chosen: string[] | undefined;
let roots: number | undefined;

function blocks(text: string): string[] {
  return text.match(BLOCK) ?? [];
}

/** `tls.rootCertificates`: what the pinned Node trusts. */
export function bundledRoots(): string[] {
  bundled ??= blocks(host.ops.program_source('roots.pem') ?? '');
  return [...bundled];
}

/** Of the file that NODE_EXTRA_CA_CERTS names. */
export function extraRoots(): string[] {
  if (extra === undefined) {
    const path = host.global.process.env.NODE_EXTRA_CA_CERTS;
    const bytes = typeof path === 'string' && path !== '' ? readBytes(path) : undefined;
    extra = [];
    if (bytes instanceof Uint8Array) extra = blocks(utf8Text(bytes)).map((block) => `${block}\n`);
    else if (bytes !== undefined) {
      host.global.process.emitWarning(`Warning: Ignoring extra certs from \`${path}\`, load failed: error:80000002:system library::No such file or directory`);
    }
  }
  return [...extra];
}

export function userRoots(): string[] {
  return [...(chosen ?? [])];
}

/** `tls.setDefaultCACertificates`. */
export function chooseRoots(certificates: any[]): void {
  chosen = certificates.map((one) => (typeof one === 'string' ? one : utf8Text(one)));
  roots = undefined;
}

/** The number of what is trusted, for the ops. */
export function trustedRoots(): number {
  roots ??= host.ops.tls_roots(utf8Bytes((chosen ?? [...bundledRoots(), ...extraRoots()]).join('\n')));
  return roots;
}
