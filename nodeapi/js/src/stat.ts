// File metadata: `stat::Stat` of oac-abi (104 bytes) and the arrays that Node makes `Stats` of.

export const STAT_BYTES = 104;

const S_IFMT = 0o170000;
export const S_IFDIR = 0o040000;
export const S_IFREG = 0o100000;
export const S_IFLNK = 0o120000;

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

/** The last call's result in the order of Node's `FillStatsArray`. A fresh array each time. */
export function statsArray(bigint: boolean): Float64Array | BigInt64Array {
  const values = fields();
  if (bigint) return BigInt64Array.from(values.map((value) => BigInt.asIntN(64, value)));
  return Float64Array.from(values.map(Number));
}
