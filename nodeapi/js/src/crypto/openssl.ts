// OpenSSL's errors as Node shows them: what native code words as `error:<number>:<library>::<reason>` gets its members.

/** What Node puts before the reason in `err.code`, by library. */
const LIBRARIES: Record<string, string> = {
  'bignum routines': 'BN_', 'rsa routines': 'RSA_', 'Diffie-Hellman routines': 'DH_', 'digital envelope routines': 'EVP_',
  'PEM routines': 'PEM_', 'dsa routines': 'DSA_', 'x509 certificate routines': 'X509_', 'asn1 encoding routines': 'ASN1_',
  'common libcrypto routines': 'CRYPTO_', 'elliptic curve routines': 'EC_', 'PKCS12 routines': 'PKCS12_',
};

/** `error`, with `library`, `reason`, `code` and the stack of errors if OpenSSL is who words it. */
export function decorate(error: any): any {
  const text = error?.message;
  if (typeof text !== 'string' || !text.startsWith('error:') || told.has(error)) return error;
  const [first, ...rest] = text.split('\n') as [string, ...string[]];
  Object.defineProperty(error, 'message', { value: first, writable: true, configurable: true, enumerable: false });
  if (typeof error.stack === 'string' && rest.length > 0) error.stack = error.stack.replace(text, first);
  if (rest.length > 0) error.opensslErrorStack = rest.map((line) => (line === '=' ? first : line));
  const [, number, library, , ...reasons] = first.split(':');
  const reason = reasons.join(':');
  if (number === '00000000' || library === undefined) return error;
  delete error.code;
  error.library = library;
  error.reason = reason;
  error.code = `ERR_OSSL_${LIBRARIES[library] ?? ''}${reason.toUpperCase().replaceAll(' ', '_')}`;
  return error;
}

/** What `run` gives; what it throws is made Node's. */
export function openssl<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw decorate(error);
  }
}

/** An error of the first line alone: jobs that make keys tell no more. */
export function plainly(error: any): any {
  if (typeof error?.message !== 'string' || !error.message.startsWith('error:')) return error;
  const plain = new Error(error.message.split('\n')[0]);
  told.add(plain);
  return plain;
}

/** Errors that nothing is added to. */
const told = new WeakSet<object>();

export function coded(Class: ErrorConstructor, code: string, message: string): Error {
  return Object.assign(new Class(message), { code });
}
