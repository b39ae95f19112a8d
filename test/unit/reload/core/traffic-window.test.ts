import assert from 'node:assert/strict';
import { it } from 'node:test';
import { HISTOGRAM_CELLS } from '../../../../src/core/histogram.ts';
import { mergedSlices, TrafficWindow } from '../../../../src/reload/core/traffic-window.ts';
import type { RouteTraffic, TrafficSlice } from '../../../../src/reload/core/traffic-slice.ts';

function traffic(requests: number, failed: number, cell: number): RouteTraffic {
  const durations = new Uint32Array(HISTOGRAM_CELLS);
  durations[cell] = requests;
  return { requests, failed, durations };
}

const slice = (unrouted: number, routes: Readonly<Record<string, RouteTraffic>>): TrafficSlice => ({
  durationMs: 1000,
  unrouted,
  routes: new Map(Object.entries(routes)),
});

const one = slice(1, { a: traffic(10, 1, 5), b: traffic(3, 0, 0) });
const two = slice(2, { a: traffic(20, 4, 7) });
const three = slice(4, { c: traffic(7, 7, 9) });

it('a window adds up its slices by route, and keeps their parts', () => {
  const window = new TrafficWindow([one]);
  window.add(two);
  const a = window.of('a');
  assert.deepEqual([a.requests, a.failed, a.durations[5], a.durations[7]], [30, 5, 10, 20]);
  assert.deepEqual(
    a.parts.map(({ requests }) => requests),
    [10, 20],
  );
  assert.deepEqual([window.routed, window.unrouted, window.durationMs], [33, 3, 2000]);
  assert.deepEqual([window.of('nobody').requests, window.of('nobody').parts], [0, []]);
});

it('routes together have a part for each slice, everything has all that ever had a request', () => {
  const window = new TrafficWindow([one, two, three]);
  const together = window.together(['b', 'c']);
  assert.deepEqual([together.requests, together.failed], [10, 7]);
  assert.deepEqual(
    together.parts.map(({ requests }) => requests),
    [3, 0, 7],
  );
  assert.deepEqual([window.everything().requests, window.everything().failed], [40, 12]);
});

it('merged slices are one, and change nothing in the others', () => {
  const merged = mergedSlices([one, two, three]);
  assert.deepEqual([merged.durationMs, merged.unrouted, [...merged.routes.keys()]], [3000, 7, ['a', 'b', 'c']]);
  const a = merged.routes.get('a')!;
  assert.deepEqual([a.requests, a.failed, a.durations[5], a.durations[7]], [30, 5, 10, 20]);
  assert.deepEqual([one.routes.get('a')!.requests, one.routes.get('a')!.durations[7]], [10, 0]);
  assert.equal(mergedSlices([merged, one]).routes.get('a')!.requests, 40);
});
