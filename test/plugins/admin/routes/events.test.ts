import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { BackendHistory } from '../../../../src/backends/backend-history.ts';
import { EventLog } from '../../../../src/events/event-log.ts';
import { fakeAdminApp } from '../../../support/admin-app.ts';
import { FAKE_BACKENDS } from '../../../support/fake-telemetry.ts';

const AT = Date.UTC(2026, 0, 2);

async function appWith(t: TestContext) {
  const events = new EventLog(() => AT);
  const history = new BackendHistory(() => AT);
  const app = await fakeAdminApp({ events, history });
  t.after(() => app.close());
  return { app, events, history };
}

test('events are read newest first, page by page, and by kind', async (t) => {
  const { app, events } = await appWith(t);
  const get = async (query: string) => (await app.inject(`/v1/api/events${query}`)).json();
  assert.deepEqual(await get(''), { items: [], next: null });
  events.append({ kind: 'health', severity: 'error', subject: 'a', message: 'down' });
  events.append({ kind: 'database', severity: 'info', subject: null, message: 'back' });
  const at = '2026-01-02T00:00:00.000Z';
  const gateway = 'gw-test';
  const health = { id: 1, at, kind: 'health', severity: 'error', subject: 'a', message: 'down', gateway };
  const database = { id: 2, at, kind: 'database', severity: 'info', subject: null, message: 'back', gateway };
  assert.deepEqual(await get(''), { items: [database, health], next: null });
  assert.deepEqual(await get('?limit=1'), { items: [database], next: 2 });
  assert.deepEqual(await get('?limit=1&before=2'), { items: [health], next: null });
  assert.deepEqual(await get('?kind=health'), { items: [health], next: null });
});

for (const [query, field] of [
  ['limit=0', 'limit'],
  ['limit=1001', 'limit'],
  ['limit=x', 'limit'],
  ['before=0', 'before'],
  ['kind=weather', 'kind'],
  ['since=1', 'since'],
]) {
  test(`events?${query} is 400 and names ${field}`, async (t) => {
    const { app } = await appWith(t);
    const answer = await app.inject(`/v1/api/events?${query}`);
    assert.equal(answer.statusCode, 400);
    assert.deepEqual([answer.json().error, answer.json().details[0].field], ['GW_VALIDATION', field]);
  });
}

test('the history of a backend is read by its id, a URL’s percent-encoded', async (t) => {
  const { app, history } = await appWith(t);
  const { id } = FAKE_BACKENDS[1]!;
  const change = { kind: 'state', from: 'healthy', to: 'down', reason: '3 failed probes: status 503' } as const;
  history.append(id, change);
  const answer = await app.inject(`/v1/api/backends/${encodeURIComponent(id)}/history`);
  assert.deepEqual(answer.json(), { items: [{ ...change, at: '2026-01-02T00:00:00.000Z' }] });
  assert.deepEqual((await app.inject('/v1/api/backends/api-1/history')).json(), { items: [] });
});

test('the history of a backend that is not there is 404', async (t) => {
  const { app } = await appWith(t);
  const answer = await app.inject('/v1/api/backends/nobody/history');
  assert.deepEqual([answer.statusCode, answer.json().error], [404, 'GW_BACKEND_NOT_FOUND']);
});

test('both want the token', async (t) => {
  const app = await fakeAdminApp({ admin: { token: 'right' } });
  t.after(() => app.close());
  for (const path of ['/v1/api/events', '/v1/api/backends/api-1/history']) {
    assert.equal((await app.inject(path)).statusCode, 401);
  }
});
