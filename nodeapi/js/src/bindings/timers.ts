import { loopNow, scheduleTimer, timers } from '../loop';

export function create(): object {
  return {
    setupTimers(processImmediate: () => void, processTimers: (now: number) => number): void {
      timers.processImmediate = processImmediate;
      timers.processTimers = processTimers;
    },
    getLibuvNow: loopNow,
    scheduleTimer(delayMs: number): void { scheduleTimer(delayMs); },
    toggleTimerRef(ref: boolean): void { timers.timerRef = ref; },
    toggleImmediateRef(ref: boolean): void { timers.immediateRef = ref; },
    immediateInfo: timers.immediateInfo,
    timeoutInfo: timers.timeoutInfo,
  };
}
