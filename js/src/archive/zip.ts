/** Writes zip archives: deflated by the browser, links as Unix has them in there. APPNOTE.TXT 4.3, 4.4. */
import { invalidArgument } from '../errors.js';
import { ByteWriter } from './msgpack.js';

export interface ZipEntry {
  /** Without a slash in front; a directory's ends with one. */
  path: string;
  /** `st_mode`, its type included. */
  mode: number;
  mtimeMs: number;
  /** Of a link: its target. */
  contents: Uint8Array<ArrayBuffer>;
}

/** More would want zip64. */
const ENTRIES_MAX = 0xffff;
const LOCAL = 0x0403_4b50;
const CENTRAL = 0x0201_4b50;
const END = 0x0605_4b50;
/** 2.0: folders and deflate; made on Unix. */
const NEEDED = 20;
const MADE_BY = (3 << 8) | NEEDED;
const UTF8 = 1 << 11;
const STORED = 0;
const DEFLATED = 8;

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb8_8320 : crc >>> 1;
  return crc;
});

export function crc32(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (let at = 0; at < bytes.length; at++) crc = (crc >>> 8) ^ CRC_TABLE[(crc ^ bytes[at]!) & 0xff]!;
  return (crc ^ 0xffff_ffff) >>> 0;
}

async function deflate(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream('deflate-raw'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** MS-DOS: two seconds exact, and nothing before 1980. */
function dosTime(ms: number): { date: number; time: number } {
  const date = new Date(Math.max(ms, Date.UTC(1980, 0, 1)));
  return {
    date: ((date.getUTCFullYear() - 1980) << 9) | ((date.getUTCMonth() + 1) << 5) | date.getUTCDate(),
    time: (date.getUTCHours() << 11) | (date.getUTCMinutes() << 5) | (date.getUTCSeconds() >> 1),
  };
}

export async function zip(entries: readonly ZipEntry[]): Promise<Uint8Array<ArrayBuffer>> {
  if (entries.length > ENTRIES_MAX) throw invalidArgument(`${entries.length} files are too many for a zip archive: export a smaller folder, or as 'binary'`);
  const out = new ByteWriter();
  const central = new ByteWriter();
  const encoder = new TextEncoder();
  for (const { path, mode, mtimeMs, contents } of entries) {
    const name = encoder.encode(path);
    const packed = contents.length === 0 ? contents : await deflate(contents);
    const isSmaller = packed.length < contents.length;
    const data = isSmaller ? packed : contents;
    const { date, time } = dosTime(mtimeMs);
    const offset = out.length;
    const describe = (to: ByteWriter): ByteWriter =>
      to.u16(NEEDED, true).u16(UTF8, true).u16(isSmaller ? DEFLATED : STORED, true).u16(time, true).u16(date, true)
        .u32(crc32(contents), true).u32(data.length, true).u32(contents.length, true).u16(name.length, true).u16(0, true);
    describe(out.u32(LOCAL, true)).bytes(name).bytes(data);
    describe(central.u32(CENTRAL, true).u16(MADE_BY, true))
      .u16(0, true).u16(0, true).u16(0, true).u32((mode << 16) >>> 0, true).u32(offset, true).bytes(name);
  }
  const start = out.length;
  const list = central.finish();
  out.bytes(list).u32(END, true).u16(0, true).u16(0, true).u16(entries.length, true).u16(entries.length, true)
    .u32(list.length, true).u32(start, true).u16(0, true);
  return out.finish();
}
