/** Advice without a gateway: the pool web of a fleet. */
import type { Scaling, TargetReport } from '../../src/scaling/scale-report.ts';

const web: TargetReport = {
  name: 'web',
  min: 1,
  max: 4,
  stabilizationMs: 300_000,
  present: 3,
  ready: 2,
  wanted: 4,
  by: 'rps',
  asked: 5,
  limitedBy: 'max',
  readings: [
    { signal: 'rps', value: 812.3456, target: 200, isTotal: true, wanted: 5 },
    { signal: 'p95', value: null, target: 500, isTotal: false, wanted: null },
  ],
};

export const fakeScaling: Scaling = {
  report: () => ({ at: Date.UTC(2026, 0, 31), gateways: 2, gateway: null, pools: [web] }),
};
