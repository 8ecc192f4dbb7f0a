// Histograms of perf_hooks: their cells, and what they tell of what was recorded.
const { createHistogram, monitorEventLoopDelay } = require('perf_hooks');

function show(histogram) {
  console.log(histogram.count, histogram.min, histogram.max, histogram.mean, histogram.stddev, histogram.exceeds);
  console.log([0, 1, 50, 90, 99.9, 100].map((p) => (p === 0 ? 0 : histogram.percentile(p))), histogram.percentiles);
}

const histogram = createHistogram();
show(histogram);
for (let value = 1; value <= 10_000; value += 7) histogram.record(value);
show(histogram);
histogram.record(123_456_789_012n);
show(histogram);
console.log(histogram.countBigInt, histogram.minBigInt, histogram.maxBigInt, histogram.percentileBigInt(50));
const other = createHistogram({ lowest: 1, highest: 1000, figures: 2 });
for (const value of [5, 999, 100_000]) other.record(value);
show(other);
histogram.add(other);
console.log(histogram.count);
histogram.reset();
show(histogram);
show(structuredClone(other));
for (const bad of [() => histogram.record(-1), () => histogram.record('x'), () => createHistogram({ highest: 1 })]) {
  try { bad(); } catch (error) { console.log(error.code); }
}
const delay = monitorEventLoopDelay({ resolution: 1 });
console.log(delay.enable(), delay.enable());
setTimeout(() => {
  console.log(delay.disable(), delay.count > 0, delay.min > 0, delay.max >= delay.min);
}, 50);
