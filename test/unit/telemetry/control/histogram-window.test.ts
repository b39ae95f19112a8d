import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HistogramWindow } from '../../../../src/telemetry/control/histogram-window.ts';
import { bucketOf, HISTOGRAM_CELLS } from '../../../../src/core/histogram.ts';

function histogram(counts: Readonly<Record<number, number>>): Float64Array {
  const cells = new Float64Array(HISTOGRAM_CELLS);
  for (const [ms, count] of Object.entries(counts)) cells[bucketOf(Number(ms) * 1000)]! += count;
  return cells;
}

function near(actual: number | null, expected: number): void {
  assert.ok(actual !== null && Math.abs(actual - expected) <= 0.07 * expected, `${actual} is not about ${expected}`);
}

test('before the first rotation everything since the start counts', () => {
  const { p50, p95, p99 } = new HistogramWindow().percentiles(histogram({ 1: 90, 100: 10 }));
  near(p50, 1);
  near(p95, 100);
  near(p99, 100);
});

test('counts older than six rotations are forgotten', () => {
  const window = new HistogramWindow();
  window.rotate(histogram({ 1: 1000 }));
  for (let rotation = 0; rotation < 5; rotation += 1) window.rotate(histogram({ 1: 1000, 50: 10 }));
  near(window.percentiles(histogram({ 1: 1000, 50: 10 })).p50, 50);
  window.rotate(histogram({ 1: 1000, 50: 10 }));
  assert.deepEqual(window.percentiles(histogram({ 1: 1000, 50: 10 })), { p50: null, p95: null, p99: null });
});

test('after a reset only what came since counts, not what is above the counts of before', () => {
  const window = new HistogramWindow();
  window.rotate(histogram({ 1: 1000, 20: 99 }));
  near(window.percentiles(histogram({ 1: 3, 20: 100 })).p50, 20);
  near(window.percentiles(histogram({ 1: 100, 20: 3 })).p50, 1);
  window.rotate(histogram({ 1: 100 }));
  near(window.percentiles(histogram({ 1: 100, 50: 1 })).p50, 50);
});
