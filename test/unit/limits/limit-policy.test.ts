import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  clientPolicy,
  defaultClientLimit,
  isSamePolicy,
  limitPolicies,
  limitPolicy,
} from '../../../src/limits/limit-policy.ts';
import { rateLimitSettings } from '../../support/rate-limit-settings.ts';

const NONE = { capacity: null, ratePerSecond: null, limit: null, sizeMs: null, scope: 'fleet' } as const;
const BUCKET = { capacity: 100, ratePerSecond: 10, windowMs: 0, isLocal: false };
const WINDOW = { capacity: 30, ratePerSecond: 0.5, windowMs: 60_000, isLocal: false };

describe('a limit', () => {
  it('is a token bucket or a sliding window, whose rate is its average', () => {
    assert.deepEqual(limitPolicy({ ...NONE, capacity: 100, ratePerSecond: 10 }), BUCKET);
    assert.deepEqual(limitPolicy({ ...NONE, limit: 30, sizeMs: 60_000 }), WINDOW);
    assert.throws(() => limitPolicy(NONE), { name: 'RangeError' });
  });

  it('of clients without settings is what the algorithm says', () => {
    assert.deepEqual(limitPolicies(rateLimitSettings()), { default: BUCKET, global: null });
    const settings = rateLimitSettings({
      algorithm: 'sliding-window',
      window: { limit: 30, sizeMs: 60_000 },
      global: { ...NONE, capacity: 100, ratePerSecond: 10 },
    });
    assert.deepEqual(limitPolicies(settings), { default: WINDOW, global: BUCKET });
    const limit = defaultClientLimit(settings);
    assert.deepEqual(limit, { algorithm: 'sliding-window', capacity: 30, ratePerSecond: 0.5, windowSeconds: 60 });
    assert.deepEqual(clientPolicy(limit), WINDOW);
    assert.deepEqual(clientPolicy(defaultClientLimit(rateLimitSettings())), BUCKET);
  });

  it('is another one with another length', () => {
    assert.ok(isSamePolicy(BUCKET, { capacity: 100, ratePerSecond: 10 }));
    assert.ok(isSamePolicy(null, null));
    assert.ok(!isSamePolicy(BUCKET, null));
    assert.ok(!isSamePolicy(WINDOW, { ...WINDOW, windowMs: 0 }));
  });
});
