// Exact decimal numbers and their rounding, for `Intl.NumberFormat`.

/** `coefficient / 10^scale`, with a sign of its own (there is a negative zero). */
export interface Decimal { negative: boolean; coefficient: bigint; scale: number }
export type Numeric = Decimal | 'nan' | { infinite: true; negative: boolean };

export const ten = (power: number): bigint => 10n ** BigInt(power);

/** A Number by its shortest digits, a BigInt, or a text with a number in it. */
export function parseNumeric(value: unknown): Numeric {
  let primitive: any = value;
  if (typeof value === 'object' && value !== null || typeof value === 'function') {
    const method = (value as any)[Symbol.toPrimitive];
    primitive = method !== undefined && method !== null ? method.call(value, 'number') : (value as any).valueOf();
    if (typeof primitive === 'object' && primitive !== null) primitive = String(value);
  }
  if (typeof primitive === 'bigint') return { negative: primitive < 0n, coefficient: primitive < 0n ? -primitive : primitive, scale: 0 };
  if (typeof primitive === 'string') {
    const text = primitive.trim();
    if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) return fromDigits(text);
    primitive = Number(text);
  }
  const number = Number(primitive);
  if (Number.isNaN(number)) return 'nan';
  if (!Number.isFinite(number)) return { infinite: true, negative: number < 0 };
  return fromDigits(Object.is(number, -0) ? '-0' : String(number));
}

function fromDigits(text: string): Decimal {
  const [, sign, whole = '', fraction = '', exponent = '0'] = /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(text)!;
  const coefficient = BigInt(`${whole}${fraction}` || '0');
  const scale = fraction.length - Number(exponent);
  const negative = sign === '-';
  return scale >= 0 ? { negative, coefficient, scale } : { negative, coefficient: coefficient * ten(-scale), scale: 0 };
}

/** The power of ten of the first digit; 0 for zero. */
export function magnitude({ coefficient, scale }: Decimal): number {
  return coefficient === 0n ? 0 : String(coefficient).length - 1 - scale;
}

export function scaled(value: Decimal, power: number): Decimal {
  const scale = value.scale - power;
  return scale >= 0 ? { ...value, scale } : { ...value, coefficient: value.coefficient * ten(-scale), scale: 0 };
}

function up(mode: string, negative: boolean, twice: bigint, whole: bigint, odd: boolean): boolean {
  switch (mode) {
    case 'ceil': return !negative;
    case 'floor': return negative;
    case 'expand': return true;
    case 'trunc': return false;
    default:
  }
  if (twice !== whole) return twice > whole;
  switch (mode) {
    case 'halfCeil': return !negative;
    case 'halfFloor': return negative;
    case 'halfTrunc': return false;
    case 'halfEven': return odd;
    default: return true;
  }
}

/** To a multiple of `increment` at this number of fraction digits, which may be below zero. */
export function roundFraction(value: Decimal, digits: number, mode: string, increment = 1): Decimal {
  const scale = Math.max(value.scale, digits, 0);
  const coefficient = value.coefficient * ten(scale - value.scale);
  const unit = BigInt(increment) * ten(scale - digits);
  let count = coefficient / unit;
  const rest = coefficient % unit;
  if (rest !== 0n && up(mode, value.negative, rest * 2n, unit, count % 2n === 1n)) count += 1n;
  const result = count * BigInt(increment);
  return digits >= 0 ? { ...value, coefficient: result, scale: digits } : { ...value, coefficient: result * ten(-digits), scale: 0 };
}

export function roundSignificant(value: Decimal, digits: number, mode: string): Decimal {
  if (value.coefficient === 0n) return value;
  return roundFraction(value, digits - 1 - magnitude(value), mode);
}

/** Digits before and after the point, the latter with no more than `least` zeros at its end. */
export function digitsOf({ coefficient, scale }: Decimal, leastInteger: number, leastFraction: number): [string, string] {
  const text = String(coefficient).padStart(scale + 1, '0');
  const whole = scale === 0 ? text : text.slice(0, -scale);
  let fraction = scale === 0 ? '' : text.slice(-scale);
  let end = fraction.length;
  while (end > leastFraction && fraction[end - 1] === '0') end -= 1;
  fraction = fraction.slice(0, end).padEnd(leastFraction, '0');
  return [whole.padStart(leastInteger, '0'), fraction];
}
