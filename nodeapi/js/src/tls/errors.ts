// OpenSSL's errors, as node::crypto makes exceptions of them.

const SSL_LIBRARY = 20;

/** `[text, number]`: `SSL_R_…`, out of the ops. */
export type Reason = [string, number];

/** An error of OpenSSL's: `error:0A0000C1:SSL routines::no shared cipher`, with `library`, `reason` and `code`. */
export function opensslError(library: string, libraryNumber: number, reason: string, number: number, code?: string): Error {
  const packed = ((libraryNumber << 23) | number) >>> 0;
  const hex = packed.toString(16).toUpperCase().padStart(8, '0');
  const error: any = new Error(`error:${hex}:${library}::${reason}`);
  error.library = library;
  error.reason = reason;
  error.code = code ?? `ERR_SSL_${reason.toUpperCase().replaceAll(' ', '_')}`;
  return error;
}

/** What went wrong in TLS. */
export function tlsError([reason, number]: Reason): Error {
  return opensslError('SSL routines', SSL_LIBRARY, reason, number);
}

/** PEM text without what it should hold. */
export function noStartLine(): Error {
  return opensslError('PEM routines', 9, 'no start line', 108, 'ERR_OSSL_PEM_NO_START_LINE');
}

/** A key that cannot be read. */
export function unsupportedKey(): Error {
  return opensslError('DECODER routines', 60, 'unsupported', 0x8010c, 'ERR_OSSL_UNSUPPORTED');
}
