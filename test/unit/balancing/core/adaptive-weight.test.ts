import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  driftShare,
  median,
  nextShare,
  targetShare,
  type AdaptiveInputs,
  type AdaptiveWeightSettings,
} from '../../../../src/balancing/core/adaptive-weight.ts';

const SETTINGS: AdaptiveWeightSettings = {
  latencyShare: 0.6,
  errorShare: 0.4,
  speed: 0.1,
  maxErrorRate: 0.1,
  minShare: 0.25,
  maxShare: 4,
};
const EVEN = { ...SETTINGS, latencyShare: 0.5, errorShare: 0.5 };

const inputs = (latencyMs: number | null, errorRate = 0, targetLatencyMs: number | null = 50): AdaptiveInputs => ({
  latencyMs,
  targetLatencyMs,
  errorRate,
});

function near(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) < 1e-9, `${actual}, not ${expected}`);
}

describe('the target of an adapted weight', () => {
  const cases: readonly (readonly [name: string, inputs: AdaptiveInputs, target: number])[] = [
    ['as fast as the target keeps its weight', inputs(50), 1],
    ['twice as slow gets half', inputs(100), 0.5],
    ['twice as fast gets twice', inputs(25), 2],
    ['no slower than a tenth counts', inputs(5000), 0.1],
    ['no faster than five times counts', inputs(1), 5],
    ['half the tolerated errors halve it', inputs(50, 0.05), 0.5],
    ['all the tolerated errors leave a tenth', inputs(50, 0.1), 0.1],
    ['more errors than that leave the same', inputs(50, 1), 0.1],
    ['slow and failing multiply', inputs(100, 0.05), 0.25],
    ['without a latency errors alone count', inputs(null, 0.05), 0.5],
    ['without others to compare with errors alone count', inputs(10, 0.05, null), 0.5],
    ['a latency of zero is as fast as can be seen', inputs(0), 5],
  ];
  for (const [name, given, target] of cases) {
    it(`with even shares: ${name}`, () => near(targetShare(given, EVEN), target));
  }

  it('follows the latency more the greater its share, and not at all without one', () => {
    near(targetShare(inputs(100), SETTINGS), 0.5 ** 1.2);
    near(targetShare(inputs(50, 0.05), SETTINGS), 0.5 ** 0.8);
    near(targetShare(inputs(1), { ...SETTINGS, latencyShare: 0 }), 1);
    near(targetShare(inputs(50, 1), { ...SETTINGS, errorShare: 0 }), 1);
    // Only their ratio counts.
    near(targetShare(inputs(100), { ...SETTINGS, latencyShare: 3, errorShare: 2 }), 0.5 ** 1.2);
  });

  it('is never above the configured weight for a backend that fails a tenth of what is tolerated, however fast', () => {
    for (const settings of [SETTINGS, EVEN, { ...SETTINGS, errorShare: 0 }]) {
      for (let errorRate = 0.01; errorRate <= 1; errorRate += 0.01) {
        for (const latencyMs of [0, 0.1, 1, 10, 49]) {
          const target = targetShare(inputs(latencyMs, errorRate), settings);
          assert.ok(target <= 1 + 1e-9, `${errorRate} ${latencyMs}: ${target}`);
        }
      }
    }
  });

  it('falls, and never rises, with every further error', () => {
    let last = Infinity;
    for (let errorRate = 0; errorRate <= 0.2; errorRate += 0.001) {
      const target = targetShare(inputs(5, errorRate), SETTINGS);
      assert.ok(target <= last, `${errorRate}`);
      last = target;
    }
  });
});

describe('an adapted weight', () => {
  const after = (rounds: number, share: number, given: AdaptiveInputs): number => {
    let now = share;
    for (let round = 0; round < rounds; round += 1) now = nextShare(now, given, SETTINGS);
    return now;
  };

  it('goes a tenth of the way in a round', () => {
    near(nextShare(1, inputs(100), EVEN), 0.95);
    near(nextShare(0.5, inputs(50), EVEN), 0.55);
  });

  it('stays within its bounds, and comes near them', () => {
    const slowest = after(100, 1, inputs(10_000, 1));
    assert.ok(slowest >= 0.25 && slowest < 0.251, `${slowest}`);
    const fastest = after(100, 1, inputs(1));
    assert.ok(fastest <= 4 && fastest > 3.99, `${fastest}`);
  });

  it('loses share in the first rounds of being slow, and regains it in as many', () => {
    const slow = after(5, 1, inputs(500));
    assert.ok(slow < 0.7, `${slow}`);
    const well = after(20, slow, inputs(50));
    assert.ok(well > 0.95 && well <= 1, `${well}`);
  });

  it('of one that fails at once falls, though it answers a hundred times faster', () => {
    const share = after(30, 1, inputs(0.5, 1));
    assert.ok(share < 0.3, `${share}`);
  });

  it('within new bounds begins at the nearest', () => {
    near(nextShare(4, inputs(50), { ...SETTINGS, maxShare: 2 }), 2);
  });

  it('without any evidence drifts back, from both sides', () => {
    near(driftShare(0.5, SETTINGS), 0.55);
    near(driftShare(2, SETTINGS), 1.9);
  });
});

it('the median is the middle, or the mean of the two middle ones', () => {
  assert.deepEqual([median([]), median([7]), median([9, 1]), median([5, 100, 1])], [null, 7, 5, 5]);
});
