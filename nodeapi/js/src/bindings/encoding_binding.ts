declare global {
  interface Ops {
    encoding_encode_into(text: string, view: Bytes): [number, number];
    encoding_encode_utf8(text: string): Uint8Array;
    encoding_decode_utf8(view: Bytes, ignoreBom: boolean, fatal: boolean): string | undefined;
    url_domain_to_ascii(domain: string): string;
    url_domain_to_unicode(domain: string): string;
  }
}

export function create(): object {
  const encodeIntoResults = new Uint32Array(2);
  return {
    encodeIntoResults,
    encodeInto(text: string, view: Uint8Array): void {
      const [read, written] = host.ops.encoding_encode_into(text, view);
      encodeIntoResults[0] = read;
      encodeIntoResults[1] = written;
    },
    encodeUtf8String: (text: string) => host.ops.encoding_encode_utf8(text),
    decodeUTF8(view: Bytes, ignoreBom: boolean, fatal: boolean): string {
      const text = host.ops.encoding_decode_utf8(view, ignoreBom, fatal);
      if (text === undefined) {
        const error: any = new TypeError('The encoded data was not valid for encoding utf-8');
        error.code = 'ERR_ENCODING_INVALID_ENCODED_DATA';
        throw error;
      }
      return text;
    },
    toASCII: (domain: string) => host.ops.url_domain_to_ascii(domain),
    toUnicode: (domain: string) => host.ops.url_domain_to_unicode(domain),
  };
}
