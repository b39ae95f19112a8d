import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { percentile } from '../../../../src/core/histogram.ts';
import { TrafficSamples } from '../../../../src/reload/control/traffic-samples.ts';
import type { TrafficSlice } from '../../../../src/reload/core/traffic-slice.ts';
import {
  allocateMetrics,
  DURATION_OF,
  MetricsTable,
  NO_ROUTE,
  THREAD_COUNTER,
} from '../../../../src/runtime/metrics-table.ts';

describe('slices of traffic', () => {
  let metrics: MetricsTable;
  let samples: TrafficSamples;
  let routes: { name: string; index: number }[];
  let nowMs = 0;

  beforeEach(() => {
    metrics = new MetricsTable(allocateMetrics(2));
    routes = [
      { name: 'a', index: 0 },
      { name: 'b', index: 1 },
    ];
    nowMs = 0;
    samples = new TrafficSamples({ metrics, routes: () => routes, nowMs: () => nowMs });
  });

  const end = (route: number, status: number, ms = 1, thread = 0): void => {
    metrics.started(thread, route);
    metrics.ended(thread, route, status, ms, DURATION_OF.forwarded);
  };
  const take = (): TrafficSlice => {
    nowMs += 5000;
    samples.take();
    return samples.recent().at(-1)!;
  };

  it('count what ended since the last one, over all threads; idle routes are not in them', () => {
    end(0, 200, 10, 0);
    end(0, 503, 400, 1);
    end(0, 0, 1, 1);
    const first = take();
    assert.deepEqual([...first.routes.keys()], ['a']);
    const { requests, failed, durations } = first.routes.get('a')!;
    assert.deepEqual([requests, failed, first.durationMs], [3, 2, 5000]);
    assert.deepEqual([percentile(durations, 0, 0.5), percentile(durations, 0, 1)], [9728, 409_600]);
    assert.deepEqual(take().routes.size, 0);
    end(0, 404);
    assert.deepEqual([take().routes.get('a')!.requests, samples.recent().length], [1, 3]);
  });

  it('count calls of gRPC that failed on a server, and none twice', () => {
    for (const status of [0, 5, 14, 13]) {
      end(0, 200);
      metrics.endedCall(0, 0, status);
    }
    end(1, 503);
    metrics.endedCall(0, 1, 14);
    const { routes: found } = take();
    assert.deepEqual([found.get('a')!.failed, found.get('b')!.failed], [2, 1]);
  });

  it('begin at zero for a route whose row was used by another', () => {
    for (let at = 0; at < 5; at += 1) end(0, 503);
    take();
    metrics.occupy(0);
    end(0, 200);
    const { requests, failed } = take().routes.get('a')!;
    assert.deepEqual([requests, failed], [1, 0]);
    routes = [{ name: 'c', index: 0 }];
    assert.deepEqual([...take().routes.keys()], ['c']);
  });

  it('count requests without a route, but neither redirects nor what a limit refused', () => {
    for (const status of [301, 404, 404, 429]) end(NO_ROUTE, status);
    metrics.count(0, THREAD_COUNTER.refused);
    assert.equal(take().unrouted, 2);
    // Refused on a route.
    metrics.count(0, THREAD_COUNTER.refusedRoute);
    assert.equal(take().unrouted, 0);
  });

  it('are kept for a minute, and tell their listeners', () => {
    const heard: TrafficSlice[] = [];
    const stop = samples.onSlice((slice) => void heard.push(slice));
    for (let at = 0; at < 15; at += 1) take();
    assert.equal(samples.recent().length, 12);
    stop();
    take();
    assert.equal(heard.length, 15);
    for (let at = 0; at < 150; at += 1) {
      nowMs += 1;
      samples.take();
    }
    assert.equal(samples.recent().length, 100);
  });
});
