import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HistoryPoint } from '../../../../src/telemetry/control/history-points.ts';
import { fakeAdminApp } from '../../../support/admin-app.ts';

const point: HistoryPoint = {
  at: 0,
  requestsPerSecond: 20,
  errorsPerSecond: 1,
  refusedPerSecond: 0,
  p50: 3,
  p95: 5,
  p99: null,
  inFlight: 2,
  errorRate: 0.05,
};
const history = {
  total: (span: string) => (span === '1h' ? [point, point] : [point]),
  backend: (id: string) => (id === 'api-1' ? [point] : []),
};

test('the history is a minute of seconds, or an hour of ten seconds', async (t) => {
  const app = await fakeAdminApp({ metricsHistory: history });
  t.after(() => app.close());
  const minute = (await app.inject('/v1/api/metrics/history')).json();
  assert.deepEqual(minute, {
    interval_seconds: 1,
    points: [
      {
        at: '1970-01-01T00:00:00.000Z',
        requests_per_second: 20,
        errors_per_second: 1,
        refused_per_second: 0,
        p50: 3,
        p95: 5,
        p99: null,
        in_flight: 2,
        error_rate: 0.05,
      },
    ],
  });
  const hour = (await app.inject('/v1/api/metrics/history?span=1h')).json();
  assert.deepEqual([hour.interval_seconds, hour.points.length], [10, 2]);
  assert.equal((await app.inject('/v1/api/metrics/history?span=1d')).statusCode, 400);
});

test('a backend has a history of its own, and an unknown one none', async (t) => {
  const app = await fakeAdminApp({ metricsHistory: history });
  t.after(() => app.close());
  assert.equal((await app.inject('/v1/api/backends/api-1/metrics/history')).json().points.length, 1);
  const unknown = await app.inject('/v1/api/backends/nobody/metrics/history');
  assert.deepEqual([unknown.statusCode, unknown.json().error], [404, 'GW_BACKEND_NOT_FOUND']);
});
