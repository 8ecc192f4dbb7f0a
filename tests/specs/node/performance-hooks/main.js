const { performance, PerformanceObserver, createHistogram, monitorEventLoopDelay } = require('perf_hooks');
performance.mark('a', { detail: 1 }); performance.mark('b'); const measure = performance.measure('a to b', 'a', 'b');
console.log(measure.name, measure.entryType, measure.duration >= 0, performance.getEntriesByType('mark').map((e) => e.name), performance.getEntriesByName('a')[0].detail);
const observer = new PerformanceObserver((list) => { console.log(list.getEntries().map((e) => e.name)); observer.disconnect(); });
observer.observe({ entryTypes: ['mark'] }); performance.mark('observed');
performance.clearMarks('a'); console.log(performance.getEntriesByName('a').length, performance.timeOrigin > 0, performance.now() > 0);
try { performance.measure('x', 'missing'); } catch (error) { console.log(error.name); }
console.log(typeof performance.timerify(() => 1)(), performance.toJSON().timeOrigin > 0, typeof createHistogram, typeof monitorEventLoopDelay);
