// File metadata: `stat::Stat` of oac-abi (104 bytes) and the arrays that Node makes `Stats` of.

export const STAT_BYTES = 104;

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

function fields(): bigint[] {
  const times: bigint[] = [];
  for (const at of [64, 72, 80, 88]) {
    const ns = view.getBigInt64(at, true);
    let seconds = ns / 1_000_000_000n;
    let rest = ns % 1_000_000_000n;
    if (rest < 0n) {
      rest += 1_000_000_000n;
      seconds -= 1n;
    }
    times.push(seconds, rest);
  }
  return [
    view.getBigUint64(0, true), BigInt(mode()), BigInt(view.getUint32(20, true)), BigInt(view.getUint32(24, true)),
    BigInt(view.getUint32(28, true)), view.getBigUint64(32, true), BigInt(view.getUint32(48, true)), view.getBigUint64(8, true),
    view.getBigUint64(40, true), view.getBigUint64(56, true), ...times,
  ];
}

const u64 = (at: number): number => view.getUint32(at, true) + view.getUint32(at + 4, true) * 0x100000000;

/** Seconds and nanoseconds of a time after 1970, by long division: BigInts would cost more than the system call. */
function time(at: number, out: Float64Array, to: number): void {
  const high = view.getInt32(at + 4, true);
  if (high < 0) {
    const ns = view.getBigInt64(at, true);
    const seconds = (ns - 999_999_999n) / 1_000_000_000n;
    out[to] = Number(seconds);
    out[to + 1] = Number(ns - seconds * 1_000_000_000n);
    return;
  }
  let rest = high % 1e9;
  let seconds = Math.floor(high / 1e9);
  for (const digit of [view.getUint16(at + 2, true), view.getUint16(at, true)]) {
    const current = rest * 65536 + digit;
    const quotient = Math.floor(current / 1e9);
    rest = current - quotient * 1e9;
    seconds = seconds * 65536 + quotient;
  }
  out[to] = seconds;
  out[to + 1] = rest;
}

/** The last call's result in the order of Node's `FillStatsArray`. A fresh array each time. */
export function statsArray(bigint: boolean): Float64Array | BigInt64Array {
  if (bigint) return BigInt64Array.from(fields().map((value) => BigInt.asIntN(64, value)));
  const out = new Float64Array(18);
  out[0] = u64(0);
  out[1] = view.getUint32(16, true);
  out[2] = view.getUint32(20, true);
  out[3] = view.getUint32(24, true);
  out[4] = view.getUint32(28, true);
  out[5] = u64(32);
  out[6] = view.getUint32(48, true);
  out[7] = u64(8);
  out[8] = u64(40);
  out[9] = u64(56);
  time(64, out, 10);
  time(72, out, 12);
  time(80, out, 14);
  time(88, out, 16);
  return out;
}
