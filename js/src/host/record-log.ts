/**
 * A log of records in two files of the browser's private storage, of which one counts: that whose header names the higher generation.
 *
 *     header   "OACLOG1\n", generation u32, CRC-32 of the generation u32
 *     record   length u32, CRC-32 of the payload u32, payload
 *
 * A record that was not written whole, and all behind it, is cut off when the log is opened. To shorten the log, what counts is written
 * into the other file, its header last.
 */
import { crc32 } from '../archive/zip.js';

/** As much as is used of a FileSystemSyncAccessHandle. */
export interface LogFile {
  read(buffer: Uint8Array, options: { at: number }): number;
  write(buffer: Uint8Array, options: { at: number }): number;
  truncate(size: number): void;
  getSize(): number;
  flush(): void;
  close(): void;
}

const MAGIC = new TextEncoder().encode('OACLOG1\n');
const HEADER_BYTES = 16;
const RECORD_HEADER_BYTES = 8;
/** A record that claims to be longer is none. */
const RECORD_BYTES_MAX = 1 << 30;

/** There is no room for a record. */
export class LogFull extends Error {
  override readonly name = 'LogFull';
}

function header(generation: number): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  bytes.set(MAGIC);
  view.setUint32(8, generation, true);
  view.setUint32(12, crc32(bytes.subarray(8, 12)), true);
  return bytes;
}

/** 0 for a file that does not count. */
function generationOf(file: LogFile): number {
  const bytes = new Uint8Array(HEADER_BYTES);
  if (file.read(bytes, { at: 0 }) < HEADER_BYTES || MAGIC.some((byte, at) => bytes[at] !== byte)) return 0;
  const view = new DataView(bytes.buffer);
  return view.getUint32(12, true) === crc32(bytes.subarray(8, 12)) ? view.getUint32(8, true) : 0;
}

export class RecordLog {
  readonly #files: readonly [LogFile, LogFile];
  #current: 0 | 1;
  #generation: number;
  #end: number;

  private constructor(files: readonly [LogFile, LogFile], current: 0 | 1, generation: number) {
    this.#files = files;
    this.#current = current;
    this.#generation = generation;
    this.#end = HEADER_BYTES;
  }

  /** Opens the log, or begins one; `each` gets the records, the oldest first. */
  static open(files: readonly [LogFile, LogFile], each: (payload: Uint8Array) => void): RecordLog {
    const [a, b] = files.map(generationOf) as [number, number];
    const current = b > a ? 1 : 0;
    const log = new RecordLog(files, current, Math.max(a, b));
    if (log.#generation === 0) log.rewrite([]);
    else log.#replay(each);
    return log;
  }

  get bytes(): number {
    return this.#end;
  }

  /** @throws LogFull; nothing of the record is left then */
  append(payload: Uint8Array): void {
    const end = writeRecord(this.#files[this.#current], this.#end, payload);
    if (end === undefined) {
      this.#files[this.#current].truncate(this.#end);
      throw new LogFull();
    }
    this.#end = end;
  }

  flush(): void {
    this.#files[this.#current].flush();
  }

  /** Replaces all records by these. @throws LogFull; the log is as it was then */
  rewrite(payloads: Iterable<Uint8Array>): void {
    const other = this.#generation === 0 ? this.#current : this.#current === 0 ? 1 : 0;
    const file = this.#files[other];
    file.truncate(0);
    let end: number | undefined = HEADER_BYTES;
    for (const payload of payloads) {
      end = writeRecord(file, end, payload);
      if (end === undefined) {
        file.truncate(0);
        throw new LogFull();
      }
    }
    file.flush();
    if (!writeAll(file, header(this.#generation + 1), 0)) throw new LogFull();
    file.flush();
    if (other !== this.#current) this.#files[this.#current].truncate(0);
    this.#current = other;
    this.#generation++;
    this.#end = end;
  }

  close(): void {
    for (const file of this.#files) file.close();
  }

  #replay(each: (payload: Uint8Array) => void): void {
    const file = this.#files[this.#current];
    const size = file.getSize();
    const head = new Uint8Array(RECORD_HEADER_BYTES);
    const view = new DataView(head.buffer);
    while (this.#end + RECORD_HEADER_BYTES <= size) {
      file.read(head, { at: this.#end });
      const length = view.getUint32(0, true);
      if (length > RECORD_BYTES_MAX || this.#end + RECORD_HEADER_BYTES + length > size) break;
      const payload = new Uint8Array(length);
      file.read(payload, { at: this.#end + RECORD_HEADER_BYTES });
      if (crc32(payload) !== view.getUint32(4, true)) break;
      each(payload);
      this.#end += RECORD_HEADER_BYTES + length;
    }
    if (this.#end < size) file.truncate(this.#end);
  }
}

/** Where it ends; `undefined` when there is no room. */
function writeRecord(file: LogFile, at: number, payload: Uint8Array): number | undefined {
  const record = new Uint8Array(RECORD_HEADER_BYTES + payload.length);
  const view = new DataView(record.buffer);
  view.setUint32(0, payload.length, true);
  view.setUint32(4, crc32(payload), true);
  record.set(payload, RECORD_HEADER_BYTES);
  return writeAll(file, record, at) ? at + record.length : undefined;
}

function writeAll(file: LogFile, bytes: Uint8Array, at: number): boolean {
  try {
    return file.write(bytes, { at }) === bytes.length;
  } catch (error) {
    if ((error as Error).name === 'QuotaExceededError') return false;
    throw error;
  }
}
