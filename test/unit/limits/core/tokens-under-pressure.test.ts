/** Long runs apart from the rest: `npm run mutate` needs them only for what the others do not notice. */
import { describe, it } from 'node:test';
import { seededRandom } from '../../../../src/core/random.ts';
import { admitted, closeTo, every } from '../../../support/bucket-load.ts';

const YEAR_MS = 365 * 24 * 3600 * 1000;

describe('under constant pressure', () => {
  // Capacity, rate, seconds, and asked again every so many ms: less than the capacity's worth.
  const cases: [number, number, number, number][] = [
    [100, 10, 600, 1],
    [5, 3, 100_000, 100],
    [5, 1 / 3, 1e6, 1000],
    [10, 0.001, 1e7, 10_000],
    [20, 1e6, 2, 0.01],
    [1e6, 1e6, 1, 10],
    [1000, 999_983, 1, 0.1],
    [7, 0.7, 1e5, 100],
  ];
  for (const [capacity, rate, seconds, pollMs] of cases) {
    for (const [when, startMs] of [
      ['at the start', 0],
      ['after a year', YEAR_MS + 0.123],
    ] as const) {
      it(`${capacity} at ${rate}/s for ${seconds} s admits capacity + rate × time, ${when}`, () => {
        const count = admitted(capacity, rate, every(pollMs, startMs, startMs + seconds * 1000));
        closeTo(count, capacity + rate * seconds, 1);
      });
    }
  }

  it('is exact at irregular moments too', () => {
    const random = seededRandom(1);
    const moments: number[] = [YEAR_MS];
    while (moments.at(-1)! < YEAR_MS + 10_000) moments.push(moments.at(-1)! + random() * 0.2);
    const seconds = (moments.at(-1)! - YEAR_MS) / 1000;
    closeTo(admitted(50, 99_991, moments), 50 + 99_991 * seconds, 1);
  });
});
