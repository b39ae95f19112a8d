import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Phase, TimeLimits } from '../../../../src/http1/server/time-limits.ts';

const SETTINGS = { headTimeoutMs: 100, requestTimeoutMs: 500, keepAliveMs: 1000 };

function start(phase: Phase, settings = SETTINGS): TimeLimits {
  const limits = new TimeLimits(settings);
  limits.enter(phase);
  return limits;
}

test('each phase has its limit, which begins with the first round', () => {
  for (const [phase, limitMs] of [
    ['head', 100],
    ['body', 500],
    ['idle', 1000],
  ] as const) {
    const limits = start(phase);
    assert.equal(limits.check(7000, true), false);
    assert.equal(limits.check(7000 + limitMs - 1, true), false, phase);
    assert.equal(limits.check(6000, true), false, 'a clock that goes back');
    assert.equal(limits.check(7000 + limitMs, true), true, phase);
  }
});

test('work has no limit here, nor has a body without request_timeout', () => {
  for (const limits of [start('work'), start('body', { ...SETTINGS, requestTimeoutMs: 0 })]) {
    assert.equal(limits.check(0, true), false);
    assert.equal(limits.check(1e12, true), false);
  }
});

test('a phase starts over when it is entered again', () => {
  const limits = start('head');
  limits.check(0, true);
  limits.enter('head');
  assert.deepEqual(
    [150, 249, 250].map((nowMs) => limits.check(nowMs, true)),
    [false, false, true],
  );
});

test('time that is not the client’s does not count', () => {
  const limits = start('body');
  limits.check(0, true);
  limits.check(400, true);
  for (const nowMs of [1000, 5000]) assert.equal(limits.check(nowMs, false), false);
  assert.equal(limits.check(5099, true), false);
  assert.equal(limits.check(5100, true), true);
});

test('time before the first round grants nothing: a body that is held back at once has no longer limit', () => {
  const limits = start('body');
  assert.equal(limits.check(1_000_000, false), false);
  assert.equal(limits.check(1_000_499, true), false);
  assert.equal(limits.check(1_000_500, true), true);
});
