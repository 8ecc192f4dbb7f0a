// File metadata: `stat::Stat` of oac-abi (104 bytes) and the arrays that Node makes `Stats` of.

export const STAT_BYTES = 104;

const TWO_32 = 0x100000000;
const S_IFMT = 0o170000;
export const S_IFDIR = 0o040000;
export const S_IFREG = 0o100000;
export const S_IFLNK = 0o120000;
export const S_IFSOCK = 0o140000;
export const S_IFIFO = 0o010000;

const record = new Uint8Array(STAT_BYTES);
const view = new DataView(record.buffer);

/** The buffer that a stat call fills; decoded before the next call. */
export const statBuffer = record;

/** `st_mode` of the last call. */
export function mode(): number {
  return view.getUint32(16, true);
}

/** The file type bits of the last call. */
export function type(): number {
  return mode() & S_IFMT;
}

/** The size in bytes of the last call. */
export function size(): number {
  return Number(view.getBigUint64(40, true));
}

/** Equal for two names of one file: device and inode of the last call. */
export function identity(): string {
  return `${view.getBigUint64(0, true)}:${view.getBigUint64(8, true)}`;
}

/** `st_mtim` of the last call, in ns. */
export function modified(): bigint {
  return view.getBigInt64(72, true);
}

/** The record as numbers of 32 bits, which an interpreter reads faster than through a DataView (memory here is little-endian). */
const words = new Uint32Array(record.buffer);

/** Seconds and nanoseconds of a time after 1970, by long division: BigInts would cost more than the system call. */
function time(at: number, out: Float64Array, to: number): void {
  const high = words[at + 1]! | 0;
  if (high < 0) {
    const ns = view.getBigInt64(at * 4, true);
    const seconds = (ns - 999_999_999n) / 1_000_000_000n;
    out[to] = Number(seconds);
    out[to + 1] = Number(ns - seconds * 1_000_000_000n);
    return;
  }
  const low = words[at]!;
  const seconds = high >= 1e9 ? 1 : 0;
  const upper = (high - seconds * 1e9) * 65536 + (low >>> 16);
  const upperSeconds = Math.floor(upper / 1e9);
  const lower = (upper - upperSeconds * 1e9) * 65536 + (low & 0xffff);
  const lowerSeconds = Math.floor(lower / 1e9);
  out[to] = (seconds * 65536 + upperSeconds) * 65536 + lowerSeconds;
  out[to + 1] = lower - lowerSeconds * 1e9;
}

/** The last call's result in the order of Node's `FillStatsArray`. A fresh array each time. */
export function statsArray(bigint: boolean): Float64Array | BigInt64Array {
  if (bigint) return bigStats();
  const out = new Float64Array(STATS_LENGTH);
  out[0] = words[0]! + words[1]! * TWO_32;
  out[1] = words[4]!;
  out[2] = words[5]!;
  out[3] = words[6]!;
  out[4] = words[7]!;
  out[5] = words[8]! + words[9]! * TWO_32;
  out[6] = words[12]!;
  out[7] = words[2]! + words[3]! * TWO_32;
  out[8] = words[10]! + words[11]! * TWO_32;
  out[9] = words[14]! + words[15]! * TWO_32;
  for (let i = 0; i < 4; i += 1) time(TIMES_AT + 2 * i, out, 10 + 2 * i);
  return out;
}

const STATS_LENGTH = 18;
/** Where in `words` the times are, and the other fields' low and high halves in the order of the result; 13 is an unused half, always 0. */
const TIMES_AT = 16;
const HALVES = [0, 1, 4, 13, 5, 13, 6, 13, 7, 13, 8, 9, 12, 13, 2, 3, 10, 11, 14, 15];
const seconds = new Float64Array(2);

/** The same as 64-bit numbers, written by halves: arithmetic of BigInts costs more than the system call. `realpath` asks for each folder. */
function bigStats(): BigInt64Array {
  const out = new BigInt64Array(STATS_LENGTH);
  const halves = new Int32Array(out.buffer);
  for (let i = 0; i < HALVES.length; i += 1) halves[i] = words[HALVES[i]!]!;
  for (let i = 0; i < 4; i += 1) {
    time(TIMES_AT + 2 * i, seconds, 0);
    const at = HALVES.length + 4 * i;
    halves[at] = seconds[0]!;
    halves[at + 1] = Math.floor(seconds[0]! / TWO_32);
    halves[at + 2] = seconds[1]!;
  }
  return out;
}
