/**
 * The cookies of a container's previews. A browser drops `Set-Cookie` of what a service worker answers, so they are kept here: one
 * jar for all ports, as a browser has one for all ports of localhost. RFC 6265.
 */

/** As browsers have it. */
const COOKIES_MAX = 180;
const COOKIE_BYTES_MAX = 4096;

interface Cookie {
  name: string;
  value: string;
  path: string;
  expiresMs: number;
  httpOnly: boolean;
}

export class Cookies {
  readonly #jar = new Map<string, Cookie>();

  /** A `Set-Cookie` line for an answer to `target`; `fromServer`: else it is a page that sets it, which can make none that is hidden from it. */
  set(line: string, target: string, fromServer: boolean): void {
    const [pair = '', ...attributes] = line.split(';');
    const equals = pair.indexOf('=');
    const name = equals < 0 ? '' : pair.slice(0, equals).trim();
    const value = pair.slice(equals + 1).trim();
    if ((name === '' && value === '') || name.length + value.length > COOKIE_BYTES_MAX) return;
    const cookie: Cookie = { name, value, path: defaultPath(target), expiresMs: Infinity, httpOnly: false };
    let hasMaxAge = false;
    for (const attribute of attributes) {
      const at = attribute.indexOf('=');
      const key = (at < 0 ? attribute : attribute.slice(0, at)).trim().toLowerCase();
      const given = at < 0 ? '' : attribute.slice(at + 1).trim();
      if (key === 'path' && given.startsWith('/')) cookie.path = given;
      else if (key === 'httponly') cookie.httpOnly = true;
      else if (key === 'max-age' && /^-?\d+$/.test(given)) {
        hasMaxAge = true;
        cookie.expiresMs = Number(given) <= 0 ? 0 : Date.now() + Number(given) * 1000;
      } else if (key === 'expires' && !hasMaxAge && !Number.isNaN(Date.parse(given))) cookie.expiresMs = Date.parse(given);
    }
    const id = `${name}\n${cookie.path}`;
    if (!fromServer && (cookie.httpOnly || this.#jar.get(id)?.httpOnly)) return;
    if (cookie.expiresMs <= Date.now()) {
      this.#jar.delete(id);
      return;
    }
    if (!this.#jar.has(id) && this.#jar.size >= COOKIES_MAX) this.#jar.delete(this.#jar.keys().next().value!);
    this.#jar.set(id, cookie);
  }

  /** For the header of a request; empty for none. */
  header(target: string): string {
    return this.#matching(target, true);
  }

  /** What a page at `target` sees. */
  visible(target: string): string {
    return this.#matching(target, false);
  }

  #matching(target: string, hidden: boolean): string {
    const path = target.split('?')[0]!;
    const now = Date.now();
    return [...this.#jar.values()]
      .filter((cookie) => cookie.expiresMs > now && (hidden || !cookie.httpOnly) && pathMatches(path, cookie.path))
      .sort((a, b) => b.path.length - a.path.length)
      .map(({ name, value }) => (name === '' ? value : `${name}=${value}`))
      .join('; ');
  }
}

function defaultPath(target: string): string {
  const path = target.split('?')[0]!;
  const last = path.lastIndexOf('/');
  return last <= 0 ? '/' : path.slice(0, last);
}

function pathMatches(path: string, cookie: string): boolean {
  return path === cookie || (path.startsWith(cookie) && (cookie.endsWith('/') || path[cookie.length] === '/'));
}
