import { Histogram, LoopDelayHistogram } from '../histogram';
import { constant } from '../oracle';
import { metrics, monotonicNs, origin } from '../loop';
import { milestone } from '../tracing';
import { onProcessStart } from '../start';

const CLOCK_REALTIME = 0;

export function create(): object {
  const milestones: Float64Array = constant('performance', 'milestones');
  const names: Record<string, number> = constant('performance', 'constants');
  const mark = (name: string, value: number): void => { milestones[names[`NODE_PERFORMANCE_MILESTONE_${name}`]!] = value; };
  const reach = (name: string): void => {
    const now = monotonicNs();
    mark(name, now);
    milestone(name.toLowerCase().replace(/_(.)/g, (_, letter: string) => letter.toUpperCase()), now);
  };
  const start = (): void => {
    mark('TIME_ORIGIN', origin.ns || monotonicNs());
    for (const name of ['LOOP_START', 'LOOP_EXIT', 'BOOTSTRAP_COMPLETE']) mark(name, -1);
    for (const name of ['NODE_START', 'V8_START', 'ENVIRONMENT']) reach(name);
    metrics.began = () => reach('LOOP_START');
    metrics.ended = () => reach('LOOP_EXIT');
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
    loopIdleTime: () => metrics.idleNs / 1e6,
    uvMetricsInfo: () => [metrics.turns, metrics.events, 0],
    markBootstrapComplete(): void { reach('BOOTSTRAP_COMPLETE'); },
  };
}
