import assert from 'node:assert/strict';
import { test } from 'node:test';
import { metricsView } from '../../../../src/telemetry/api/metrics-view.ts';
import { fakeAdminApp } from '../../../support/admin-app.ts';
import { FakeTelemetry } from '../../../support/fake-telemetry.ts';

test('the report is answered whole: the schema drops no field', async (t) => {
  const app = await fakeAdminApp();
  t.after(() => app.close());
  const { statusCode, json } = await app.inject('/v1/api/metrics');
  assert.equal(statusCode, 200);
  const expected = metricsView(new FakeTelemetry().report(), [{ name: 'api', algorithm: 'round-robin' }]);
  assert.deepEqual(json(), expected);
});

test('the limiter is answered with its settings and counters', async (t) => {
  const app = await fakeAdminApp();
  t.after(() => app.close());
  assert.deepEqual((await app.inject('/v1/api/rate-limit')).json(), {
    enabled: true,
    type: 'token_bucket',
    dry_run: false,
    global_limit: { algorithm: 'token-bucket', capacity: 1000, rate_per_second: 500, window_seconds: null },
    per_ip_limit: { algorithm: 'token-bucket', capacity: 100, rate_per_second: 10, window_seconds: null },
    active_ips: 12,
    active_clients: 12,
    registered_clients: 2,
    table_slots: 65_536,
    global_tokens: 870.25,
    refused_share: 0.01,
    allowed_total: 990,
    refused_total: 9,
    refused_global_total: 1,
    refused_route_total: 3,
    refused_in_flight_total: 2,
    refused_key_total: 8,
    refused_shedding_total: 6,
    refused_quota_total: 1,
    denied_total: 4,
    would_refuse_total: 6,
    allowlisted_total: 5,
  });
});
