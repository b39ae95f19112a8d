/** How busy the event loop of this thread is. */
import { performance } from 'node:perf_hooks';

/** Returns a function that gives the part of the time since its last call in which the loop was busy, 0..1. */
export function loopUtilization(): () => number {
  let last = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, last);
    last = now;
    return utilization;
  };
}
