// The components of a URL as a URL has them: https://urlpattern.spec.whatwg.org/#canon-encoding-callbacks

import { defaultPort, isSpecial } from './component';
import { escapePattern, type Encode } from './parts';
import { PatternError } from './tokens';

const { ops } = host;

/** The components, in the order in which Node reads and keeps them. */
export const NAMES = ['protocol', 'username', 'password', 'hostname', 'port', 'pathname', 'search', 'hash'] as const;
export type Name = (typeof NAMES)[number];
export type Init = { [name in Name | 'baseURL']?: string };
export type Components = { [name in Name]: string };

// `updateActions` of lib/internal/url.js.
const HOSTNAME = 2;
const PATHNAME = 6;
const OMITTED = 0xffffffff;

function componentsOf(parsed: [string, ...number[]]): Components {
  const [href, ...at] = parsed;
  const [protocolEnd, usernameEnd, hostStart, hostEnd, port, pathStart, searchStart, hashStart] = at as
    [number, number, number, number, number, number, number, number];
  const searchEnd = hashStart === OMITTED ? href.length : hashStart;
  return {
    protocol: href.slice(0, protocolEnd - 1),
    username: protocolEnd + 2 < usernameEnd ? href.slice(protocolEnd + 2, usernameEnd) : '',
    password: hostStart > usernameEnd ? href.slice(usernameEnd + 1, hostStart) : '',
    hostname: href.slice(href[hostStart] === '@' ? hostStart + 1 : hostStart, hostEnd),
    port: port === OMITTED ? '' : String(port),
    pathname: href.slice(pathStart, searchStart === OMITTED ? searchEnd : searchStart),
    search: searchStart === OMITTED ? '' : href.slice(searchStart + 1, searchEnd),
    hash: hashStart === OMITTED ? '' : href.slice(hashStart + 1),
  };
}

/** The components of a URL, without the delimiters; `undefined` if it is none. */
export function parseUrl(input: string, base?: string): Components | undefined {
  const parsed = ops.url_parse(input, base);
  return parsed === undefined ? undefined : componentsOf(parsed);
}

/**
 * The components of a URL to match. One without a scheme is no URL, but Node 24 (not the standard) resolves it against a
 * blank URL, so that `pattern.test('/path')` can be true.
 */
export function parseInput(input: string, base?: string): Components | undefined {
  const url = parseUrl(input, base);
  if (url !== undefined || base !== undefined) return url;
  const relative = parseUrl(input, 'blank://');
  return relative?.protocol === 'blank' ? { ...relative, protocol: '' } : undefined;
}

/** Percent-encodes the UTF-8 of every code point of `set`. */
function percentEncode(text: string, set: RegExp): string {
  return text.replace(set, (character) => encodeURIComponent(character).replace(/^[^%]/, (ascii) =>
    `%${ascii.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`));
}

// What stays as it is in each: https://url.spec.whatwg.org/#percent-encoded-bytes
const USERINFO_SET = /[^!$%&'()*+,\-.0-9A-Z_a-z~]/gu;
const QUERY_SET = /[^!$-;=?-~]/gu;
const FRAGMENT_SET = /[^!#-;=?-_a-~]/gu;

const withoutNewlines = (text: string): string => text.replace(/[\t\n\r]/g, '');

export const canonicalUserinfo: Encode = (text) => percentEncode(text, USERINFO_SET);
export const canonicalSearch: Encode = (text) => percentEncode(withoutNewlines(text), QUERY_SET);
export const canonicalHash: Encode = (text) => percentEncode(withoutNewlines(text), FRAGMENT_SET);

export const canonicalProtocol: Encode = (text) => {
  const scheme = text.endsWith(':') ? text.slice(0, -1) : text;
  if (text !== '' && !/^[A-Za-z][A-Za-z0-9+.-]*$/.test(scheme)) throw new PatternError('invalid protocol');
  return scheme.toLowerCase();
};

export const canonicalHostname: Encode = (text) => {
  if (text === '') return text;
  const parsed = ops.url_update('https://dummy.test/', HOSTNAME, text);
  if (parsed === undefined) throw new PatternError('invalid hostname');
  return componentsOf(parsed).hostname;
};

export const canonicalIPv6: Encode = (text) => {
  if (!/^[[\]:0-9A-Fa-f]*$/.test(text)) throw new PatternError('invalid IPv6 address');
  return text.toLowerCase();
};

export const canonicalPort: Encode = (text) => {
  const port = withoutNewlines(text);
  if (port === '') return port;
  const digits = /^[0-9]+/.exec(port)?.[0];
  if (digits === undefined || Number(digits) > 65535) throw new PatternError('invalid port');
  return String(Number(digits));
};

export const canonicalPathname: Encode = (text) => {
  if (text === '') return text;
  const rooted = text.startsWith('/');
  const parsed = ops.url_update('fake://fake-url', PATHNAME, rooted ? text : `/-${text}`);
  const pathname = parsed && componentsOf(parsed).pathname;
  // `..` may have taken away what was put before a relative path.
  if (pathname === undefined || pathname.length < (rooted ? 0 : 2)) throw new PatternError('invalid pathname');
  return rooted ? pathname : pathname.slice(2);
};

export const canonicalOpaquePathname: Encode = (text) => {
  if (text === '') return text;
  const url = parseUrl(`fake:${text}`);
  if (url === undefined) throw new PatternError('invalid pathname');
  return url.pathname;
};

/** What a dictionary describes: patterns stay as they are written, a URL's components become those of a URL. */
type Kind = 'pattern' | 'url';

function isAbsolute(pathname: string, kind: Kind): boolean {
  return pathname.startsWith('/') || (kind === 'pattern' && (pathname.startsWith('\\/') || pathname.startsWith('{/')));
}

// What a component must not be given with for it to come from the base.
const INHERITED: [Name, readonly Name[]][] = [
  ['protocol', ['protocol']],
  ['username', ['protocol', 'hostname', 'port', 'username']],
  ['password', ['protocol', 'hostname', 'port', 'username', 'password']],
  ['hostname', ['protocol', 'hostname']],
  ['port', ['protocol', 'hostname', 'port']],
  ['pathname', ['protocol', 'hostname', 'port', 'pathname']],
  ['search', ['protocol', 'hostname', 'port', 'pathname', 'search']],
  ['hash', ['protocol', 'hostname', 'port', 'pathname', 'search', 'hash']],
];

function inherit(init: Init, base: Components, kind: Kind, result: Init): void {
  for (const [name, without] of INHERITED) {
    if (kind === 'pattern' && (name === 'username' || name === 'password')) continue;
    if (without.some((other) => init[other] !== undefined)) continue;
    result[name] = kind === 'pattern' ? escapePattern(base[name]) : base[name];
  }
}

const without = (text: string, delimiter: string): string => (text.startsWith(delimiter) ? text.slice(1) : text);

/** What a dictionary says together with what its `baseURL` gives: https://urlpattern.spec.whatwg.org/#process-a-urlpatterninit */
export function processInit(init: Init, kind: Kind): Init {
  const result: Init = kind === 'url' ? Object.fromEntries(NAMES.map((name) => [name, ''])) : {};
  const base = init.baseURL === undefined ? undefined : parseUrl(init.baseURL);
  if (init.baseURL !== undefined && base === undefined) throw new PatternError('invalid baseURL');
  if (base) inherit(init, base, kind, result);
  const set = (name: Name, value: string, encode: Encode): void => {
    result[name] = kind === 'pattern' ? value : encode(value);
  };
  const { protocol, username, password, hostname, port, search, hash } = init;
  if (protocol !== undefined) set('protocol', protocol.endsWith(':') ? protocol.slice(0, -1) : protocol, canonicalProtocol);
  const scheme = result.protocol ?? '';
  if (username !== undefined) set('username', username, canonicalUserinfo);
  if (password !== undefined) set('password', password, canonicalUserinfo);
  if (hostname !== undefined) set('hostname', hostname, canonicalHostname);
  if (port !== undefined) {
    set('port', port, (text) => {
      const number = canonicalPort(text);
      return number === defaultPort(scheme) ? '' : number;
    });
  }
  let { pathname } = init;
  if (pathname !== undefined) {
    // The path of a URL like `mailto:x` has no directory.
    const baseIsOpaque = base !== undefined && !base.pathname.startsWith('/');
    if (base && !baseIsOpaque && !isAbsolute(pathname, kind)) {
      const path = kind === 'pattern' ? escapePattern(base.pathname) : base.pathname;
      pathname = path.slice(0, path.lastIndexOf('/') + 1) + pathname;
    }
    set('pathname', pathname, scheme === '' || isSpecial(scheme) ? canonicalPathname : canonicalOpaquePathname);
  }
  if (search !== undefined) set('search', without(search, '?'), canonicalSearch);
  if (hash !== undefined) set('hash', without(hash, '#'), canonicalHash);
  return result;
}
