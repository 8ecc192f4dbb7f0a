// What a descriptor of a memory or table says.

export function limits(descriptor: any, who: string, most: number): [number, number | undefined] {
  if ((typeof descriptor !== 'object' && typeof descriptor !== 'function') || descriptor === null) {
    throw new TypeError(`${who}: Argument 0 must be a ${who.includes('Memory') ? 'memory' : 'table'} descriptor`);
  }
  const limit = (name: string, low: number): number | undefined => {
    const value = descriptor[name];
    if (value === undefined) return undefined;
    const number = Number(value);
    if (!Number.isFinite(number)) throw new TypeError(`${who}: Property '${name}': value ${value} is ${Number.isNaN(number) ? 'not a number' : 'above the upper bound'}`);
    if (number < low) throw new TypeError(`${who}: Property '${name}': value ${value} is below the lower bound`);
    if (number > most) throw new TypeError(`${who}: Property '${name}': value ${value} is above the upper bound`);
    return Math.trunc(number);
  };
  const initial = limit('initial', 0);
  if (initial === undefined) throw new TypeError(`${who}: Property 'initial' is required`);
  return [initial, limit('maximum', initial)];
}
