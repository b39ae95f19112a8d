import assert from 'node:assert/strict';
import { it } from 'node:test';
import { lingering, lingeringCount } from '../../../../src/balancing/core/lingering.ts';

it('what lingers decays by a factor of e in its time, and does not grow when the clock goes back', () => {
  assert.equal(lingering(3, 0, 100), 3);
  assert.equal(lingering(3, 100, 100), 3 * Math.exp(-1));
  assert.ok(Math.abs(lingering(3, 250, 100) - 3 * Math.exp(-2.5)) < 1e-12);
  assert.equal(lingering(3, -50, 100), 3);
});

it('a single attempt counts as one for its time, and as none afterwards', () => {
  assert.equal(lingeringCount(lingering(1, 0, 100)), 1);
  assert.equal(lingeringCount(lingering(1, 99, 100)), 1);
  assert.equal(lingeringCount(lingering(1, 101, 100)), 0);
  assert.deepEqual([0, 2, 2.3, 2.4].map(lingeringCount), [0, 2, 2, 3]);
});
