// Histograms of `perf_hooks`, with the cells of HdrHistogram (Tene's High Dynamic Range Histogram), over which node::Histogram stands.

import { LoopTimer, monotonicNs } from './loop';
import { notAvailable } from './oracle';
import { sharedNatives } from './structured_clone';

const NOTHING_YET = 2 ** 63;
const EXCEEDS_MAX = 0xffff_ffff;

interface State { lowest: number; highest: number; figures: number; cells: Array<[number, number]>; count: number; exceeds: number; min: number; max: number }

export class Histogram {
  #unit: number;
  #halfMagnitude: number;
  readonly #lowest: number;
  readonly #highest: number;
  readonly #figures: number;
  /** How often, by the least value of a cell. */
  #cells = new Map<number, number>();
  #count = 0;
  #exceeds = 0;
  #min = NOTHING_YET;
  #max = 0;
  #previousNs = 0;

  constructor(lowest: number | bigint = 1, highest: number | bigint = Number.MAX_SAFE_INTEGER, figures = 3) {
    this.#lowest = Number(lowest);
    this.#highest = Number(highest);
    this.#figures = figures;
    this.#unit = Math.floor(Math.log2(this.#lowest));
    this.#halfMagnitude = Math.max(0, Math.ceil(Math.log2(2 * 10 ** figures)) - 1);
  }

  /** How many values one cell stands for. */
  #width(value: number): number {
    const bits = Math.floor(Math.log2(Math.max(value, 1))) + 1;
    return 2 ** (Math.max(0, bits - this.#halfMagnitude - 1 - this.#unit) + this.#unit);
  }
  #least(value: number): number {
    const width = this.#width(value);
    return Math.floor(value / width) * width;
  }
  #greatest(value: number): number { return this.#least(value) + this.#width(value) - 1; }
  #middle(value: number): number { return this.#least(value) + Math.floor(this.#width(value) / 2); }
  #sorted(): Array<[number, number]> { return [...this.#cells].sort(([a], [b]) => a - b); }

  #add(value: number, times: number): void {
    if (value < 0 || value > this.#highest) {
      this.#exceeds = Math.min(this.#exceeds + times, EXCEEDS_MAX);
      return;
    }
    const cell = this.#least(value);
    this.#cells.set(cell, (this.#cells.get(cell) ?? 0) + times);
    this.#count += times;
    if (value !== 0) this.#min = Math.min(this.#min, value);
    this.#max = Math.max(this.#max, value);
  }

  record(value: number | bigint): void { this.#add(Number(value), 1); }

  /** Records the time since it was last called, in ns; gives it. */
  recordDelta(): number {
    const now = monotonicNs();
    const delta = this.#previousNs > 0 ? now - this.#previousNs : 0;
    if (this.#previousNs > 0) this.#add(delta, 1);
    this.#previousNs = now;
    return delta;
  }

  /** Its value, and those that were kept from being recorded while it took so long. */
  recordCorrected(value: number | bigint, interval: number | bigint): void {
    const step = Number(interval);
    this.record(value);
    if (step <= 0) return;
    for (let missing = Number(value) - step; missing >= step; missing -= step) this.#add(missing, 1);
  }

  add(other: Histogram): number {
    const before = this.#exceeds;
    for (const [cell, times] of other.#cells) this.#add(cell, times);
    this.#exceeds += other.#exceeds;
    this.#previousNs = Math.max(this.#previousNs, other.#previousNs);
    return this.#exceeds - before - other.#exceeds;
  }

  reset(): void {
    this.#cells.clear();
    this.#count = this.#exceeds = this.#max = this.#previousNs = 0;
    this.#min = NOTHING_YET;
  }

  count(): number { return this.#count; }
  countBigInt(): bigint { return BigInt(this.#count); }
  exceeds(): number { return this.#exceeds; }
  exceedsBigInt(): bigint { return BigInt(this.#exceeds); }
  min(): number {
    if (this.#cells.has(0)) return 0;
    return this.#min === NOTHING_YET ? 2 ** 63 : this.#least(this.#min);
  }
  minBigInt(): bigint { return this.#min === NOTHING_YET && !this.#cells.has(0) ? 2n ** 63n - 1n : BigInt(this.min()); }
  max(): number { return this.#max === 0 ? 0 : this.#greatest(this.#max); }
  maxBigInt(): bigint { return BigInt(this.max()); }
  countAt(value: number | bigint): number { return this.#cells.get(this.#least(Number(value))) ?? 0; }

  mean(): number {
    let sum = 0;
    for (const [cell, times] of this.#cells) sum += this.#middle(cell) * times;
    return sum / this.#count;
  }

  stddev(): number {
    const mean = this.mean();
    let sum = 0;
    for (const [cell, times] of this.#cells) sum += (this.#middle(cell) - mean) ** 2 * times;
    return Math.sqrt(sum / this.#count);
  }

  percentile(percentile: number): number {
    const wanted = Math.max(1, Math.floor((Math.min(percentile, 100) / 100) * this.#count + 0.5));
    let seen = 0;
    for (const [cell, times] of this.#sorted()) {
      seen += times;
      if (seen >= wanted) return percentile === 0 ? this.#least(cell) : this.#greatest(cell);
    }
    return 0;
  }
  percentileBigInt(percentile: number): bigint { return BigInt(this.percentile(percentile)); }

  /** As `hdr_iter_percentile`, with one tick a half of what is left. */
  #eachPercentile(then: (percentile: number, value: number) => void): void {
    let wanted = 0;
    let seen = 0;
    let last = 0;
    for (const [cell, times] of this.#sorted()) {
      seen += times;
      last = cell;
      while (wanted <= (100 * seen) / this.#count && wanted < 100) {
        then(wanted, cell);
        wanted += 100 / 2 ** (Math.trunc(Math.log(100 / (100 - wanted)) / Math.LN2) + 1);
        if (seen >= this.#count) break;
      }
    }
    then(100, last);
  }
  percentiles(map: Map<number, number>): void { this.#eachPercentile((percentile, value) => map.set(percentile, value)); }
  percentilesBigInt(map: Map<number, bigint>): void { this.#eachPercentile((percentile, value) => map.set(percentile, BigInt(value))); }

  static stateOf(histogram: Histogram): State {
    return {
      lowest: histogram.#lowest, highest: histogram.#highest, figures: histogram.#figures, cells: [...histogram.#cells],
      count: histogram.#count, exceeds: histogram.#exceeds, min: histogram.#min, max: histogram.#max,
    };
  }
  static of(state: State): Histogram {
    const histogram = new Histogram(state.lowest, state.highest, state.figures);
    histogram.#cells = new Map(state.cells);
    [histogram.#count, histogram.#exceeds, histogram.#min, histogram.#max] = [state.count, state.exceeds, state.min, state.max];
    return histogram;
  }
}

// Statistics that no program was seen to use.
for (const name of [
  'subtract', 'ksTest', 'percentilesAt', 'linearBuckets', 'logBuckets', 'welchTest', 'mannWhitneyTest', 'cohensD', 'cliffsD', 'percentileCI',
  'cdf', 'ewmaMean', 'ewmaStddev', 'ewmaErrorRate', 'kurtosis', 'skewness',
]) {
  Object.defineProperty(Histogram.prototype, name, {
    configurable: true, writable: true, enumerable: false, value() { throw notAvailable(`Histogram.${name}`); },
  });
}

/** How late the event loop is: the time between ticks of a timer. */
export class LoopDelayHistogram extends Histogram {
  readonly #timer: LoopTimer;
  constructor(resolutionMs: number) {
    super(1, 3.6e12, 3);
    this.#timer = new LoopTimer(() => {
      this.recordDelta();
      this.#timer.start(resolutionMs);
    });
    this.#timer.referenced = false;
    this.start = (reset?: boolean): void => {
      if (reset) this.reset();
      this.recordDelta();
      this.#timer.start(resolutionMs);
    };
    this.stop = (): void => this.#timer.stop();
  }
  declare start: (reset?: boolean) => void;
  declare stop: () => void;
}

sharedNatives.push({
  name: 'Histogram',
  is: (value) => value instanceof Histogram,
  toValue: (histogram: Histogram) => Histogram.stateOf(histogram),
  fromValue: (state: State) => Histogram.of(state),
});
