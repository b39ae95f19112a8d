import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BackendReport } from '../../../../src/telemetry/control/reports.ts';
import { fakeAdminApp } from '../../../support/admin-app.ts';
import { FakeTelemetry } from '../../../support/fake-telemetry.ts';

test('liveness does not depend on readiness', async (t) => {
  const app = await fakeAdminApp({ readiness: () => ({ ready: false, reasons: ['stopping'] }) });
  t.after(() => app.close());
  const { statusCode, headers, json } = await app.inject('/livez');
  assert.equal(statusCode, 200);
  assert.match(String(headers['content-type']), /^application\/json/);
  assert.deepEqual(json(), { status: 'ok' });
});

test('readiness is checked each time, with the reasons if it fails', async (t) => {
  let reasons: string[] = [];
  const app = await fakeAdminApp({ readiness: () => ({ ready: reasons.length === 0, reasons }) });
  t.after(() => app.close());
  const before = await app.inject('/readyz');
  assert.deepEqual([before.statusCode, before.json()], [200, { status: 'ready' }]);

  reasons = ['no backend is available', 'stopping'];
  const after = await app.inject('/readyz');
  assert.deepEqual([after.statusCode, after.json()], [503, { status: 'not_ready', reasons }]);
});

test('health names the pools without a backend, and the backends that are not healthy', async (t) => {
  const healthy = new FakeTelemetry().report().backends[0]!;
  const backends: BackendReport[] = [
    { ...healthy, id: 'a-1', pool: 'a', state: 'healthy', stateReason: null, available: true, reason: null },
    {
      ...healthy,
      id: 'a-2',
      pool: 'a',
      state: 'down',
      stateReason: '3 failed probes: status 500',
      available: false,
      reason: 'unhealthy',
    },
    { ...healthy, id: 'b-1', pool: 'b', state: 'healthy', stateReason: null, available: false, reason: 'draining' },
  ];
  const telemetry = new FakeTelemetry();
  const app = await fakeAdminApp({
    telemetry: Object.assign(telemetry, { backends: () => backends }),
    readiness: () => ({ ready: false, reasons: ['stopping'] }),
  });
  t.after(() => app.close());
  const { statusCode, json } = await app.inject('/v1/api/health');
  assert.equal(statusCode, 200);
  assert.deepEqual(json(), {
    status: 'unavailable',
    reasons: [
      'stopping',
      'pool b has no available backend',
      'backend a-2: 3 failed probes: status 500',
      'backend b-1: draining',
    ],
    pools: [
      { name: 'a', backends: 2, available: 1, healthy: 1 },
      { name: 'b', backends: 1, available: 0, healthy: 1 },
    ],
    backends: [
      {
        id: 'a-2',
        pool: 'a',
        state: 'down',
        state_reason: '3 failed probes: status 500',
        available: false,
        reason: 'unhealthy',
      },
      { id: 'b-1', pool: 'b', state: 'healthy', state_reason: null, available: false, reason: 'draining' },
    ],
  });
});

test('a gateway all of whose backends are healthy is healthy; one of them that is not degrades it', async (t) => {
  const telemetry = new FakeTelemetry();
  const healthy = { ...telemetry.report().backends[0]!, id: 'a-1', pool: 'a', available: true, reason: null };
  let backends: BackendReport[] = [{ ...healthy, state: 'healthy', stateReason: null }];
  const app = await fakeAdminApp({
    telemetry: Object.assign(telemetry, { backends: () => backends }),
  });
  t.after(() => app.close());
  const status = async (): Promise<string> => (await app.inject('/v1/api/health')).json<{ status: string }>().status;
  assert.equal(await status(), 'healthy');
  backends = [...backends, { ...healthy, id: 'a-2', state: 'degraded', stateReason: 'slow start' }];
  assert.equal(await status(), 'degraded');
});
