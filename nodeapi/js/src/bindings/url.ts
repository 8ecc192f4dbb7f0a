import { constant } from '../oracle';

declare global {
  interface Ops {
    url_parse(input: string, base?: string): [string, ...number[]] | undefined;
    url_can_parse(input: string, base?: string): boolean;
    url_update(href: string, part: number, value: string): [string, ...number[]] | undefined;
    url_format(href: string, hash: boolean, unicode: boolean, search: boolean, auth: boolean): string;
    url_path_to_file_url(path: string): [string, ...number[]] | undefined;
    url_origin(href: string): string | undefined;
  }
}

const { ops } = host;

export function create(): object {
  const urlComponents: Uint32Array = constant('url', 'urlComponents');
  const take = (parsed: [string, ...number[]] | undefined): string | undefined => {
    if (parsed === undefined) return undefined;
    for (let i = 0; i < 9; i += 1) urlComponents[i] = parsed[i + 1] as number;
    return parsed[0];
  };
  const invalid = (input: string, base: string | undefined): Error => {
    const error: any = new TypeError('Invalid URL');
    error.code = 'ERR_INVALID_URL';
    error.input = input;
    if (base !== undefined) error.base = base;
    return error;
  };
  return {
    urlComponents,
    parse(input: string, base: string | undefined, raise: boolean): string | undefined {
      const href = take(ops.url_parse(input, base));
      if (href === undefined && raise) throw invalid(input, base);
      return href;
    },
    canParse: (input: string, base?: string) => ops.url_can_parse(input, base),
    update: (href: string, part: number, value: string) => take(ops.url_update(href, part, value)) ?? false,
    format: (href: string, hash: boolean, unicode: boolean, search: boolean, auth: boolean) =>
      ops.url_format(href, hash, unicode, search, auth),
    pathToFileURL: (path: string) => take(ops.url_path_to_file_url(path)),
    getOrigin: (href: string) => ops.url_origin(href),
    domainToASCII: (domain: string) => ops.url_domain_to_ascii(domain),
    domainToUnicode: (domain: string) => ops.url_domain_to_unicode(domain),
  };
}
