import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeptMetricsHistory } from '../../../../src/telemetry/control/kept-metrics-history.ts';
import type { GatewayReport } from '../../../../src/telemetry/control/reports.ts';
import { fakeBackend, FakeTelemetry } from '../../../support/fake-telemetry.ts';

const base = new FakeTelemetry().report();

function reportAt(second: number, changes: Partial<GatewayReport> = {}): GatewayReport {
  return { ...base, at: second * 1000, requestsTotal: second * 20, backends: [], ...changes };
}

function kept(): KeptMetricsHistory {
  return new KeptMetricsHistory(() => base);
}

test('a point covers the time since the one before', () => {
  const history = kept();
  history.sample(reportAt(1));
  assert.deepEqual(history.total('60s'), []);
  const statuses = { ...base.statuses, '5xx': base.statuses['5xx'] + 5 };
  const limiter = { ...base.limiter, refusedTotal: base.limiter.refusedTotal + 3 };
  history.sample(reportAt(2, { statuses, limiter, inFlight: 7 }));
  const [point] = history.total('60s');
  assert.deepEqual(
    [point!.at, point!.requestsPerSecond, point!.errorsPerSecond, point!.refusedPerSecond, point!.errorRate],
    [2000, 20, 5, 3, 0.25],
  );
  assert.deepEqual([point!.p50, point!.inFlight], [base.duration.p50, 7]);
});

test('a minute of seconds and an hour of ten seconds are kept, no more', () => {
  const history = kept();
  for (let second = 0; second <= 4000; second += 1) history.sample(reportAt(second));
  const [minute, hour] = [history.total('60s'), history.total('1h')];
  assert.deepEqual([minute.length, minute[0]!.at, minute.at(-1)!.at], [60, 3_941_000, 4_000_000]);
  assert.deepEqual([hour.length, hour[1]!.at - hour[0]!.at, hour.at(-1)!.at], [360, 10_000, 4_000_000]);
  assert.equal(hour[0]!.requestsPerSecond, 20);
});

test('five minutes of seconds, and a day of minutes', () => {
  const history = kept();
  for (let second = 0; second <= 90_000; second += 1) history.sample(reportAt(second));
  const [five, six, day] = [history.total('5m'), history.total('6h'), history.total('24h')];
  assert.deepEqual([five.length, five[1]!.at - five[0]!.at], [300, 1000]);
  assert.deepEqual([six.length, six[1]!.at - six[0]!.at, six.at(-1)!.at], [360, 60_000, 90_000_000]);
  assert.deepEqual([day.length, day[0]!.at], [1440, 3_660_000]);
  assert.deepEqual([day[0]!.requestsPerSecond, day[0]!.errorRate], [20, 0]);
});

test('a backend has its own points, unknown before it came, and gone with it', () => {
  const history = kept();
  const b = (requestsTotal: number, failuresTotal: number) => [fakeBackend({ id: 'b', requestsTotal, failuresTotal })];
  history.sample(reportAt(1));
  history.sample(reportAt(2));
  history.sample(reportAt(3, { backends: b(10, 1) }));
  history.sample(reportAt(4, { backends: b(14, 2) }));
  const points = history.backend('b', '60s');
  assert.deepEqual(
    points.map((point) => [point.requestsPerSecond, point.errorRate]),
    [
      [null, null],
      [null, null],
      [4, 0.25],
    ],
  );
  history.sample(reportAt(5));
  assert.deepEqual(history.backend('b', '60s'), []);
});

test('without requests there is no error rate; a counter that is reset gives no negative rate', () => {
  const history = kept();
  history.sample(reportAt(1, { requestsTotal: 100 }));
  history.sample(reportAt(2, { requestsTotal: 0 }));
  const [point] = history.total('60s');
  assert.deepEqual([point!.requestsPerSecond, point!.errorRate], [0, null]);
});

test('a clock that was set back makes no point, and the next second is one again', () => {
  const history = kept();
  history.sample(reportAt(10));
  history.sample(reportAt(5));
  assert.equal(history.total('60s').length, 0);
  history.sample(reportAt(6));
  assert.equal(history.total('60s').length, 1);
});
