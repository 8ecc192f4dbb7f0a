// Types in many places; positions in stacks are those of the source.
import { strictEqual } from 'node:assert';
import type { Stats } from 'node:fs';
import { type PathLike, readFileSync } from 'node:fs';
interface Named<T = string> { readonly name: T; call?(this: Named, ...args: unknown[]): void }
type Pair<A, B extends A[]> = [A, ...B] | { [K in keyof A]?: A[K] };
declare const nowhere: number;
declare module 'nothing' { export const x: 1 }
abstract class Base<T> implements Named<T> {
  declare ghost: string;
  static count: number = 0;
  protected readonly list: T[] = [];
  private secret?: number;
  definite!: string;
  [key: string]: any;
  constructor(readonlyName: T);
  constructor(public_: any) { this.name = public_ as T; Base.count++; }
  abstract shape(): void;
  public static of<T>(this: void, x: T): T { return x!; }
  public toString(): string { return `${this.name as string}`; }
}
class Shape extends Base<string> { override shape(): void {} public async *items(): AsyncGenerator<number, void, unknown> { yield* [1, 2] as const; } }
function pick<const T extends readonly unknown[], K extends keyof T>(list: T, at: K): T[K];
function pick(list: any, at: any) { return list[at]; }
const arrow = async <T,>(x: T, y?: number, { z }: { z: number } = { z: 1 }): Promise<[T, number | undefined, number]> => [x, y, z];
const satisfied = { a: 1 } satisfies Record<string, number>;
const generic = pick<readonly ['a', 'b'], 1>;
let later!: string;
later = 'later';
for (const item of [1, 2] as number[]) strictEqual(typeof (item as any), 'number');
try { throw new Error('caught') } catch (error: unknown) { console.log((error as Error).message) }
console.log(String(new Shape('s')), Base.count, pick(['a', 'b'], 1), generic(['a', 'b'], 1), await arrow('x'), satisfied, later);
for await (const item of new Shape('t').items()) console.log(item);
const path: PathLike = new URL(import.meta.url); const stats: Stats | undefined = undefined;
console.log(readFileSync(path, 'utf8').length > 100, stats, typeof nowhere);
function fail(at: string): never { throw new TypeError(at); }
try { fail('here' as string); } catch (error) { console.log((error as Error).stack!.split('\n')[1]!.replace(/\(.*\//, '(')); }
export type { Pair };
export { type Named, Shape };
