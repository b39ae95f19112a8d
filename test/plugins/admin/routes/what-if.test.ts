import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { hashAccessToken } from '../../../../src/admin-access/access-token.ts';
import { MemoryAuditStore } from '../../../support/memory-audit-store.ts';
import { fakeAdminApp, fakeDatabase } from '../../../support/admin-app.ts';
import { fakeWhatIf } from '../../../support/fake-what-if.ts';
import { MemoryClientStore } from '../../../support/memory-client-store.ts';

async function start(t: TestContext) {
  const whatIf = fakeWhatIf({ 'id:app': { 960: 20, 961: 20 }, 'ip:10.0.0.1': { 960: 40 } });
  const audit = new MemoryAuditStore();
  const tokens = [{ name: 'reader', role: 'viewer', hash: hashAccessToken('viewer-token') }] as const;
  const database = fakeDatabase(new MemoryClientStore(), audit);
  const app = await fakeAdminApp({ whatIf, database, admin: { tokens } });
  t.after(() => app.close());
  const headers = { host: '127.0.0.1', authorization: 'Bearer viewer-token', 'content-type': 'application/json' };
  const ask = (url: string, body: object) =>
    app.inject({ method: 'POST', url, headers, payload: JSON.stringify(body) });
  const entries = async (): Promise<number> =>
    (await app.inject({ url: '/v1/api/audit', headers })).json<{ items: unknown[] }>().items.length;
  return { ask, entries };
}

test('a viewer asks what another limit would have done to a client; nothing is recorded', async (t) => {
  const { ask, entries } = await start(t);
  const answer = await ask('/v1/api/clients/app/what-if', { capacity: 20, rate_per_second: 1 });
  assert.equal(answer.statusCode, 200);
  const { current: _, ...body } = answer.json<Record<string, unknown>>();
  assert.deepEqual(body, {
    key: 'app',
    kind: 'id',
    counted_as: 'app',
    recorded: { since: '2026-12-01T11:58:20.000Z', until: '2026-12-01T12:00:01.000Z', seconds: 101 },
    requests: 40,
    tokens: 40,
    proposed: {
      limit: { algorithm: 'token-bucket', capacity: 20, rate_per_second: 1, window_seconds: null },
      even: {
        refused: 19,
        longest_wait_seconds: 1,
        worst_minute: { since: '2026-12-01T11:59:21.000Z', refused: 19 },
        smallest_capacity: 39,
        smallest_rate_per_second: 10.6,
      },
      at_once: {
        refused: 19,
        longest_wait_seconds: 1,
        worst_minute: { since: '2026-12-01T11:59:21.000Z', refused: 19 },
        smallest_capacity: 39,
        smallest_rate_per_second: 20,
      },
    },
    notes: ['the limit is that of 3 gateways, the record is of this one only'],
  });
  assert.equal(await entries(), 0);
});

test('the same for the default limit, with those it would refuse', async (t) => {
  const { ask } = await start(t);
  const answer = await ask('/v1/api/limits/what-if', { capacity: 30, window_seconds: 60 });
  assert.equal(answer.statusCode, 200);
  const body = answer.json<Record<string, Record<string, unknown>>>();
  assert.deepEqual(body['refused_clients'], [
    { key: '10.0.0.1', kind: 'ip', requests: 40, refused_even: 10, refused_at_once: 10 },
  ]);
  assert.deepEqual([body['clients'], body['covered_share']], [1, 1]);
  const one = { refused: 10, refused_clients: 1, smallest_capacity: 40, smallest_rate_per_second: null };
  assert.deepEqual(body['proposed'], {
    limit: { algorithm: 'sliding-window', capacity: 30, rate_per_second: 0.5, window_seconds: 60 },
    even: one,
    at_once: one,
  });
});

test('impossible limits and keys are refused, and the field named', async (t) => {
  const { ask } = await start(t);
  for (const [path, body, field] of [
    ['/v1/api/limits/what-if', { capacity: 0 }, 'capacity'],
    ['/v1/api/limits/what-if', { rate_per_second: 1, window_seconds: 60 }, 'window_seconds'],
    ['/v1/api/clients/app/what-if', { capacity: 1e9, rate_per_second: 1 }, 'rate_per_second'],
    ['/v1/api/clients/a%20b/what-if', {}, 'key'],
  ] as const) {
    const answer = await ask(path, body);
    assert.equal(answer.statusCode, 400, field);
    const { details } = answer.json<{ details: { field: string }[] }>();
    assert.deepEqual(
      details.map((each) => each.field),
      [field],
    );
  }
});
