import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compared, turns } from '../../../bench/compare.ts';

describe('comparing contestants', () => {
  test('a ratio is the median of what each round says, so rounds on a slow machine do not move it', () => {
    const [first, second] = compared([rounds(10, 30, 10), rounds(20, 60, 50)]);
    assert.equal(first!.toFirst, 1);
    assert.deepEqual([second!.cpuMicrosPerRequest, second!.toFirst], [50, 2]);
  });

  test('each begins a round in turn', () => {
    assert.deepEqual(
      [turns(3, 0), turns(3, 1), turns(3, 5)],
      [
        [0, 1, 2],
        [1, 2, 0],
        [2, 0, 1],
      ],
    );
  });
});

function rounds(...costs: number[]) {
  return costs.map((cpuMicrosPerRequest) => ({ cpuMicrosPerRequest, requestsPerSecond: 1 }));
}
