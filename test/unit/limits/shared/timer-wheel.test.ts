import assert from 'node:assert/strict';
import { it } from 'node:test';
import { TimerWheel } from '../../../../src/limits/shared/timer-wheel.ts';

class Clock {
  nowMs = 1000;
  readonly #timers: { readonly atMs: number; readonly run: () => void }[] = [];

  readonly ports = {
    nowMs: (): number => this.nowMs,
    setTimer: (run: () => void, ms: number): void => void this.#timers.push({ atMs: this.nowMs + ms, run }),
  };

  advance(ms: number): void {
    const endMs = this.nowMs + ms;
    while (this.#timers.length > 0 && this.#timers[0]!.atMs <= endMs) {
      const { atMs, run } = this.#timers.shift()!;
      this.nowMs = Math.max(this.nowMs, atMs);
      run();
    }
    this.nowMs = endMs;
  }
}

it('a timer goes off at its time, however far away that is', () => {
  for (const ms of [0, 1, 2.5, 50, 126, 127, 128, 129, 1000, 20_000]) {
    const clock = new Clock();
    const wheel = new TimerWheel(clock.ports);
    let goneOffMs = NaN;
    wheel.at(clock.nowMs + ms, () => (goneOffMs = clock.nowMs));
    clock.advance(ms + 10);
    assert.ok(goneOffMs >= 1000 + ms && goneOffMs <= 1002 + ms, `${ms} ms: at ${goneOffMs}`);
  }
});

it('timers go off once each, although the event loop stood still for longer than a turn', () => {
  const clock = new Clock();
  const wheel = new TimerWheel(clock.ports);
  const gone: number[] = [];
  for (const ms of [5, 60, 120, 300]) wheel.at(clock.nowMs + ms, () => gone.push(ms));
  clock.nowMs += 200;
  clock.advance(1);
  assert.deepEqual(gone, [5, 60, 120]);
  clock.advance(200);
  assert.deepEqual(gone, [5, 60, 120, 300]);
});

it('a timer may set another one', () => {
  const clock = new Clock();
  const wheel = new TimerWheel(clock.ports);
  let count = 0;
  const again = (): void => {
    count += 1;
    if (count < 5) wheel.at(clock.nowMs + 10, again);
  };
  again();
  clock.advance(100);
  assert.equal(count, 5);
});
