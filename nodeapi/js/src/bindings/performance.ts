import { Histogram, LoopDelayHistogram } from '../histogram';
import { constant } from '../oracle';
import { monotonicNs, origin } from '../loop';
import { onProcessStart } from '../start';

const CLOCK_REALTIME = 0;

export function create(): object {
  const milestones: Float64Array = constant('performance', 'milestones');
  const names: Record<string, number> = constant('performance', 'constants');
  const mark = (name: string, value: number): void => { milestones[names[`NODE_PERFORMANCE_MILESTONE_${name}`]!] = value; };
  const start = (): void => {
    const now = monotonicNs();
    for (const name of ['TIME_ORIGIN', 'ENVIRONMENT', 'NODE_START', 'V8_START']) mark(name, origin.ns || now);
    for (const name of ['LOOP_START', 'LOOP_EXIT', 'BOOTSTRAP_COMPLETE']) mark(name, -1);
    mark('TIME_ORIGIN_TIMESTAMP', host.ops.sys_clock_gettime(CLOCK_REALTIME) / 1000);
  };
  onProcessStart(start);
  return {
    milestones,
    Histogram,
    createELDHistogram: (resolutionMs: number) => new LoopDelayHistogram(resolutionMs),
    observerCounts: constant('performance', 'observerCounts'),
    now: () => (monotonicNs() - milestones[names['NODE_PERFORMANCE_MILESTONE_TIME_ORIGIN']!]!) / 1e6,
    setupObservers(): void {},
    notify(): void {},
    installGarbageCollectionTracking(): void {},
    removeGarbageCollectionTracking(): void {},
    loopIdleTime: () => 0,
    uvMetricsInfo: () => [0, 0, 0],
    markBootstrapComplete(): void { mark('BOOTSTRAP_COMPLETE', monotonicNs()); },
  };
}
