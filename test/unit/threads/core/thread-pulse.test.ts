import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Pulse, ThreadPulse } from '../../../../src/threads/core/thread-pulse.ts';

const SETTINGS = { intervalMs: 250, stuckMs: 2000, lostMs: 10_000 };

test('a thread is stuck at two seconds of silence, lost at ten, and runs again at its next beat', () => {
  const pulse = new ThreadPulse(SETTINGS);
  const seen: [number, Pulse][] = [];
  let last: Pulse | null = null;
  for (let nowMs = 0; nowMs <= 11_000; nowMs += 250) {
    const now = pulse.look(7, nowMs);
    if (now !== last) seen.push([nowMs, now]);
    last = now;
  }
  assert.deepEqual(seen, [
    [0, 'running'],
    [2000, 'stuck'],
    [10_000, 'lost'],
  ]);
  assert.equal(pulse.silentMs, 11_000);
  assert.equal(pulse.look(8, 11_250), 'running');
  assert.equal(pulse.silentMs, 0);
  assert.equal(pulse.look(8, 13_000), 'running', 'silence starts over');
});

test('a thread that beats is never stuck, however slowly', () => {
  const pulse = new ThreadPulse(SETTINGS);
  for (let beat = 0; beat < 100; beat += 1) assert.equal(pulse.look(beat, beat * 1900), 'running');
});

test('time without checks, because the process was stopped, is not silence', () => {
  const pulse = new ThreadPulse(SETTINGS);
  pulse.look(1, 0);
  pulse.look(1, 250);
  assert.equal(pulse.look(1, 3_600_000), 'running');
  assert.equal(pulse.silentMs, 750);
  // It does not run again: now the time counts.
  let nowMs = 3_600_000;
  let verdict: Pulse = 'running';
  for (; verdict === 'running'; nowMs += 250) verdict = pulse.look(1, nowMs);
  assert.equal(verdict, 'stuck');
  assert.ok(nowMs <= 3_600_000 + 2000);
});

test('a clock that goes back takes nothing away and adds nothing', () => {
  const pulse = new ThreadPulse(SETTINGS);
  pulse.look(1, 5000);
  pulse.look(1, 5250);
  assert.equal(pulse.look(1, 1000), 'running');
  assert.equal(pulse.silentMs, 250);
});

test('impossible settings are refused', () => {
  assert.throws(() => new ThreadPulse({ intervalMs: 250, stuckMs: 250, lostMs: 1000 }), RangeError);
  assert.throws(() => new ThreadPulse({ intervalMs: 0, stuckMs: 1, lostMs: 2 }), RangeError);
  assert.throws(() => new ThreadPulse({ intervalMs: 1, stuckMs: 3, lostMs: 2 }), RangeError);
});
