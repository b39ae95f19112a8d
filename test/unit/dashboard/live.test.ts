import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Frame } from '../../../dashboard/src/api/types.ts';
import { retryDelayMs } from '../../../dashboard/src/live/reconnect-delay.ts';
import { LiveStore } from '../../../dashboard/src/live/live-store.ts';
import { joined, LIVE_POINTS } from '../../../dashboard/src/live/live-points.ts';
import { frameView } from '../../../src/telemetry/api/frame-view.ts';
import { fakeBackend, FakeTelemetry } from '../../support/fake-telemetry.ts';

function frameAt(second: number, requests: number, ids: readonly string[] = ['a']): Frame {
  const backends = ids.map((id) => fakeBackend({ id, requestsTotal: requests, failuresTotal: requests / 4 }));
  const report = { ...new FakeTelemetry().report(), at: second * 1000, backends };
  return frameView(report, 'frame', 1000) as unknown as Frame;
}

test('retries wait 0.5 s, doubling to 10 s, less up to a third', () => {
  assert.deepEqual(
    [1, 2, 5, 6, 100].map((failures) => retryDelayMs(failures, 0)),
    [500, 1000, 8000, 10_000, 10_000],
  );
  assert.ok(Math.abs(retryDelayMs(1, 1) - 333.3) < 1);
});

test('a minute of points is kept, for the gateway and for each backend', () => {
  const store = new LiveStore();
  for (let second = 1; second <= 200; second += 1) store.take(frameAt(second, second * 8));
  assert.equal(store.get().totals.length, LIVE_POINTS);
  assert.equal(store.series('a').length, LIVE_POINTS);
  assert.deepEqual([store.series('a').at(-1)!.requests, store.series('a').at(-1)!.errorRate], [8, 0.25]);
});

test('nothing is kept of a backend that is gone', () => {
  const store = new LiveStore();
  store.take(frameAt(1, 4, ['a', 'b']));
  store.take(frameAt(2, 8, ['a']));
  assert.deepEqual(store.series('b'), []);
  store.rememberBackend('b', [{ at: 1, requests: 1, latency: 1, errorRate: 0 }]);
  assert.deepEqual(store.series('b'), []);
});

test('a gateway that restarted gives no negative rates', () => {
  const store = new LiveStore();
  store.take(frameAt(1, 800));
  store.take(frameAt(2, 8));
  assert.equal(store.series('a').at(-1)!.requests, null);
});

test('an idle backend stays the same object', () => {
  const store = new LiveStore();
  store.take(frameAt(1, 8));
  const [before] = store.get().frame!.backends;
  store.take(frameAt(2, 8));
  assert.equal(store.get().frame!.backends[0], before);
});

test("the gateway's history comes before live data, each moment once", () => {
  const at = (...seconds: number[]) => seconds.map((second) => ({ at: second }));
  assert.deepEqual(joined(at(1, 2, 3), at(3.1, 4)), at(1, 2, 3, 4));
  assert.deepEqual(joined([], at(3, 4)), at(3, 4));
});
