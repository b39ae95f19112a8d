import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { backendView } from '../../../../src/backends/api/backend-view.ts';
import { circuitsView } from '../../../../src/breaker/api/circuit-view.ts';
import { fakeAdminApp } from '../../../support/admin-app.ts';
import { FAKE_BACKENDS } from '../../../support/fake-telemetry.ts';

async function get(t: TestContext, url: string) {
  const app = await fakeAdminApp();
  t.after(() => app.close());
  const { statusCode, json } = await app.inject(url);
  return { statusCode, body: json() };
}

test('backends are listed whole: the schema drops no field, nulls included', async (t) => {
  assert.deepEqual(await get(t, '/v1/api/backends'), { statusCode: 200, body: FAKE_BACKENDS.map(backendView) });
});

test('a backend is read by its id, a URL’s percent-encoded', async (t) => {
  for (const backend of FAKE_BACKENDS) {
    const answer = await get(t, `/v1/api/backends/${encodeURIComponent(backend.id)}`);
    assert.deepEqual(answer, { statusCode: 200, body: backendView(backend) });
  }
});

test('an unknown backend is 404', async (t) => {
  const { statusCode, body } = await get(t, '/v1/api/backends/nobody');
  assert.deepEqual([statusCode, body.code, body.error], [404, 404, 'GW_BACKEND_NOT_FOUND']);
});

test('circuits are an object by backend id', async (t) => {
  const { body } = await get(t, '/v1/api/circuit-breaker');
  assert.deepEqual(body, circuitsView(FAKE_BACKENDS));
  assert.equal(body['http://10.0.0.2:8081/base']?.next_attempt, '2026-01-02T03:04:15.000Z');
});
