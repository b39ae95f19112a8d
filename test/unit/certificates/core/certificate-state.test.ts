import assert from 'node:assert/strict';
import { test } from 'node:test';
import { certificateState, lifeLeft } from '../../../../src/certificates/core/certificate-state.ts';

test('a certificate is valid from its first to before its last moment, and expiring in the last sixth of its life', () => {
  const at = (nowMs: number): string => certificateState(1000, 7000, nowMs);
  assert.deepEqual([999, 1000, 6000, 6001, 6999, 7000].map(at), [
    'not_yet_valid',
    'ok',
    'ok',
    'expiring',
    'expiring',
    'expired',
  ]);
});

test('what is left of its life goes from one to nothing, and no further', () => {
  assert.deepEqual(
    [500, 1000, 4000, 7000, 9000].map((nowMs) => lifeLeft(1000, 7000, nowMs)),
    [1, 1, 0.5, 0, 0],
  );
});
