/** Load on a token bucket, as numbers. */
import assert from 'node:assert/strict';
import { REFUSED, takeTokens } from '../../src/limits/core/token-bucket.ts';

export function closeTo(actual: number, expected: number, tolerance: number, message?: string): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${message ?? ''} ${actual} is not ${expected} ± ${tolerance}`);
}

/** How many tokens it gives when they are taken one by one, as often as possible, at each of the given moments. */
export function admitted(capacity: number, rate: number, moments: Iterable<number>, tatMs = 0): number {
  let count = 0;
  for (const nowMs of moments) {
    const before = count;
    for (;;) {
      const next = takeTokens(tatMs, 1, capacity, rate, nowMs);
      if (next === REFUSED) break;
      tatMs = next;
      count += 1;
      // Not by assert: this is called millions of times.
      if (count - before > capacity) throw new Error(`more than ${capacity} at one moment`);
    }
  }
  return count;
}

export function* every(stepMs: number, fromMs: number, toMs: number): Iterable<number> {
  const steps = Math.round((toMs - fromMs) / stepMs);
  for (let step = 0; step <= steps; step += 1) yield fromMs + ((toMs - fromMs) * step) / steps;
}
