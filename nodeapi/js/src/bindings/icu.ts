// What the library uses ICU for: text decoders beyond UTF-8, the width of text on a terminal, transcoding.

import { asBuffer, Encoding, parseEncoding } from './buffer';
import { freeWhenCollected } from '../resources';

declare global {
  interface Ops {
    icu_decoder_new(label: string, fatal: boolean, ignoreBom: boolean): number | undefined;
    icu_decoder_decode(decoder: number, chunk: Bytes, last: boolean): string | undefined;
  }
}

const { ops } = host;
const FLUSH = 1;
const FATAL = 2;
const IGNORE_BOM = 4;
const U_ILLEGAL_ARGUMENT_ERROR = 1;

class Converter {
  constructor(readonly id: number) {
    freeWhenCollected(this, id);
  }
}

/** Columns of a code point: 0 for marks and controls, 2 for wide East Asian and emoji. Unicode's EastAsianWidth in ranges. */
function columns(point: number): number {
  if (point === 0x200d || (point >= 0xfe00 && point <= 0xfe0f)) return 0;
  const character = String.fromCodePoint(point);
  if (/[\p{Mn}\p{Me}\p{Cf}]/u.test(character)) return 0;
  return isWide(point) || /\p{Emoji_Presentation}/u.test(character) ? 2 : 1;
}

const wide = [
  [0x1100, 0x115f], [0x2e80, 0x303e], [0x3041, 0x33ff], [0x3400, 0x4dbf], [0x4e00, 0x9fff], [0xa000, 0xa4cf], [0xa960, 0xa97f],
  [0xac00, 0xd7a3], [0xf900, 0xfaff], [0xfe30, 0xfe6f], [0xff00, 0xff60], [0xffe0, 0xffe6], [0x1b000, 0x1b2ff], [0x1f200, 0x1f251],
  [0x20000, 0x3fffd],
] as const;

function isWide(point: number): boolean {
  return wide.some(([from, to]) => point >= from && point <= to);
}

function transcode(source: Uint8Array, from: string, to: string): Uint8Array | number {
  const [input, output] = [parseEncoding(from, -1), parseEncoding(to, -1)];
  const known: number[] = [Encoding.ASCII, Encoding.LATIN1, Encoding.UCS2, Encoding.UTF8];
  if (!known.includes(input) || !known.includes(output)) return U_ILLEGAL_ARGUMENT_ERROR;
  let text = ops.buffer_slice(source, input, 0, source.byteLength);
  // What the target cannot say becomes a question mark, one for each character.
  if (output === Encoding.ASCII) text = text.replace(/[\u{80}-\u{10ffff}]/gu, '?');
  if (output === Encoding.LATIN1) text = text.replace(/[\u{100}-\u{10ffff}]/gu, '?');
  const bytes = new Uint8Array(text.length * 3);
  return asBuffer(bytes.slice(0, ops.buffer_write(bytes, text, output, 0, bytes.length)));
}

export function create(): object {
  return {
    getConverter(label: string, flags: number): Converter | undefined {
      const id = ops.icu_decoder_new(label, (flags & FATAL) !== 0, (flags & IGNORE_BOM) !== 0);
      return id === undefined ? undefined : new Converter(id);
    },
    decode(converter: Converter, input: Bytes, flags: number, label: string): string {
      const text = ops.icu_decoder_decode(converter.id, input, (flags & FLUSH) !== 0);
      if (text !== undefined) return text;
      const error: any = new TypeError(`The encoded data was not valid for encoding ${label}`);
      error.code = 'ERR_ENCODING_INVALID_ENCODED_DATA';
      throw error;
    },
    hasConverter: (label: string) => {
      const id = ops.icu_decoder_new(label, false, false);
      if (id === undefined) return false;
      ops.resource_drop(id);
      return true;
    },
    icuErrName: (code: number) => (code === U_ILLEGAL_ARGUMENT_ERROR ? 'U_ILLEGAL_ARGUMENT_ERROR' : `U_ERROR_${code}`),
    transcode,
    getStringWidth(text: string): number {
      let width = 0;
      for (const character of text) width += columns(character.codePointAt(0)!);
      return width;
    },
  };
}
