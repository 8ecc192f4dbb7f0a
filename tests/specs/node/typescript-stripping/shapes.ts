interface Point { x: number; y?: string }
type Named<T> = T & { name: string };
class Shape<T extends Point> { private readonly at: T; constructor(at: T) { this.at = at; } area(this: Shape<T>, by: number = 2): number { return this.at.x * by; } }
function first<T>(list: readonly T[]): T | undefined { return list[0] as T; }
const named = { x: 3, name: 'n' } satisfies Named<Point>;
console.log(new Shape(named).area(), first<string>(['a'])!, (named as unknown as Point).x);
export {};
