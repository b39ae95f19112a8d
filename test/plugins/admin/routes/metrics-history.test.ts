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
  storage: () => ({ isStored: false, problem: 'the file system is read-only' }),
};

test('the history is a minute of seconds, an hour of ten seconds, or a day of minutes', async (t) => {
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
    stored: false,
    storage_problem: 'the file system is read-only',
  });
  const hour = (await app.inject('/v1/api/metrics/history?span=1h')).json();
  assert.deepEqual([hour.interval_seconds, hour.points.length], [10, 2]);
  const day = (await app.inject('/v1/api/metrics/history?span=24h')).json();
  assert.deepEqual([day.interval_seconds, day.points.length], [60, 1]);
  assert.equal((await app.inject('/v1/api/metrics/history?span=1d')).statusCode, 400);
});

test('a backend has a history of its own, and an unknown one none', async (t) => {
  const app = await fakeAdminApp({ metricsHistory: history });
  t.after(() => app.close());
  assert.equal((await app.inject('/v1/api/backends/api-1/metrics/history')).json().points.length, 1);
  // Kept of the gateway only.
  assert.equal((await app.inject('/v1/api/backends/api-1/metrics/history?span=6h')).statusCode, 400);
  const unknown = await app.inject('/v1/api/backends/nobody/metrics/history');
  assert.deepEqual([unknown.statusCode, unknown.json().error], [404, 'GW_BACKEND_NOT_FOUND']);
});
