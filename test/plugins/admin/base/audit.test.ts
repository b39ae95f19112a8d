import assert from 'node:assert/strict';
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import type { InjectOptions } from 'fastify';
import { hashAccessToken } from '../../../../src/admin-access/access-token.ts';
import type { StoredAuditEntry } from '../../../../src/audit/audit-store.ts';
import { fakeAdminApp, fakeDatabase, type FakeAdmin } from '../../../support/admin-app.ts';
import { eventually } from '../../../support/eventually.ts';
import { MemoryAuditStore } from '../../../support/memory-audit-store.ts';
import { MemoryClientStore } from '../../../support/memory-client-store.ts';

const CLIENTS = '/v1/api/clients';
const tokens = (['viewer', 'operator'] as const).map((role) => ({
  name: `the-${role}`,
  role,
  hash: hashAccessToken(role),
}));
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

async function start(t: TestContext, options: FakeAdmin = {}) {
  const [store, clients] = [new MemoryAuditStore(), new MemoryClientStore()];
  const app = await fakeAdminApp({ database: fakeDatabase(clients, store), ...options });
  t.after(() => app.close());
  const send = (method: string, url: string, payload?: object, headers: Record<string, string> = {}) =>
    app.inject({
      method: method as NonNullable<InjectOptions['method']>,
      url,
      headers,
      ...(payload === undefined ? {} : { payload }),
    });
  const entries = async (): Promise<readonly StoredAuditEntry[]> => (await store.list({ limit: 1000 })).toReversed();
  const read = async (query = '') => (await send('GET', `/v1/api/audit${query}`)).json();
  return { app, store, clients, send, entries, read };
}

test('a call with a number in its path that is refused before its handler is recorded, with that number', async (t) => {
  const { send, entries } = await start(t);
  const answer = await send('POST', '/v1/api/config/rollback/-5', {});
  assert.equal(answer.statusCode, 400, answer.body);
  const [entry] = await entries();
  assert.deepEqual([entry?.action, entry?.target, entry?.status], ['rollbackConfig', '-5', 400]);
});

test('a client’s life is recorded: who, what, before and after', async (t) => {
  const { send } = await start(t, { admin: { tokens } });
  const as = bearer('operator');
  await send('POST', CLIENTS, { client_id: 'alice', capacity: 5 }, as);
  await send('PATCH', `${CLIENTS}/alice`, { capacity: 6 }, as);
  await send('DELETE', `${CLIENTS}/alice`, undefined, as);
  const answer = await send('GET', '/v1/api/audit', undefined, bearer('viewer'));
  const { items, next } = answer.json();
  assert.equal(next, null);
  assert.deepEqual(
    items.map(({ action, target, status, before, after }: Record<string, never>) => [
      action,
      target,
      status,
      before?.['capacity'],
      after?.['capacity'],
    ]),
    [
      ['deleteClient', 'alice', 204, 6, undefined],
      ['changeClient', 'alice', 200, 5, 6],
      ['createClient', 'alice', 201, undefined, 5],
    ],
  );
  for (const { actor, role, address, gateway, request_id } of items) {
    assert.deepEqual([actor, role, address, gateway], ['the-operator', 'operator', '127.0.0.1', 'gw-test']);
    assert.ok(request_id.length > 0);
  }
});

test('reads are not recorded, nor calls of missing resources', async (t) => {
  const { send, entries } = await start(t);
  await send('GET', CLIENTS);
  await send('HEAD', CLIENTS);
  await send('OPTIONS', CLIENTS);
  await send('POST', '/nowhere');
  await send('PUT', CLIENTS);
  assert.deepEqual(await entries(), []);
});

test('refusals are recorded with their status and their caller', async (t) => {
  const { send, entries } = await start(t, { admin: { tokens } });
  await send('POST', CLIENTS, { client_id: 'a' });
  await send('POST', CLIENTS, { client_id: 'a' }, bearer('viewer'));
  await send('POST', CLIENTS, { capacity: 'x' }, bearer('operator'));
  await send('PATCH', `${CLIENTS}/nobody`, {}, bearer('operator'));
  await send('POST', CLIENTS, { client_id: 'a' }, { origin: 'http://evil.example', ...bearer('operator') });
  assert.deepEqual(
    (await entries()).map(({ actor, role, action, target, status }) => [status, actor, role, action, target]),
    [
      [401, 'anonymous', null, 'createClient', null],
      [403, 'the-viewer', 'viewer', 'createClient', null],
      [400, 'the-operator', 'operator', 'createClient', null],
      [404, 'the-operator', 'operator', 'changeClient', 'nobody'],
      [403, 'anonymous', null, 'createClient', null],
    ],
  );
});

test('no entry contains an API key', async (t) => {
  const { send, entries } = await start(t);
  const { api_key: key } = (await send('POST', CLIENTS, { client_id: 'a', api_key: true })).json();
  await send('PATCH', `${CLIENTS}/a`, { api_key: true });
  assert.match(key, /^slk_/);
  const text = JSON.stringify(await entries());
  assert.doesNotMatch(text, /slk_|[0-9a-f]{64}/);
  assert.match(text, /"has_api_key":true/);
});

test('a reload is recorded with what it changed; so is a check of the file, but not of a text', async (t) => {
  const { send, entries } = await start(t);
  await send('POST', '/v1/api/config/reload');
  await send('POST', '/v1/api/config/check');
  await send('POST', '/v1/api/config/check', { config: 'pools: {}' });
  const [reload, check, ...others] = await entries();
  assert.deepEqual([reload?.action, reload?.target, reload?.before], ['reloadConfig', 'configuration', { version: 1 }]);
  assert.equal(JSON.parse(JSON.stringify(reload)).after.result, 'unchanged');
  assert.equal(check?.action, 'checkConfig');
  assert.deepEqual(others, []);
});

test('a caller that leaves before the answer is recorded all the same', async (t) => {
  const { app, clients, entries } = await start(t);
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { promise: stored, resolve } = Promise.withResolvers<void>();
  const { promise: gone, resolve: leave } = Promise.withResolvers<void>();
  const create = clients.create.bind(clients);
  clients.create = async (client) => {
    resolve();
    await gone;
    return create(client);
  };
  const { port } = app.server.address() as AddressInfo;
  const headers = { 'content-type': 'application/json' };
  const caller = request({ host: '127.0.0.1', port, path: CLIENTS, method: 'POST', headers });
  caller.on('error', () => {});
  app.server.once('connection', (socket) => socket.once('close', leave));
  caller.end('{"client_id":"a"}');
  await stored;
  caller.destroy();
  await eventually('the entry is there', async () => (await entries()).length === 1);
  assert.deepEqual([(await entries())[0]?.action, (await entries())[0]?.target], ['createClient', 'a']);
});

test('strangers fill neither the log nor the database', async (t) => {
  const { send, entries } = await start(t, { admin: { tokens } });
  for (let at = 0; at < 100; at += 1) await send('POST', CLIENTS, { client_id: 'a' });
  assert.equal((await entries()).length, 60);
  await send('POST', CLIENTS, { client_id: 'a' }, bearer('operator'));
  assert.equal((await entries()).at(-1)?.status, 201, 'others are written down all the same');
});

test('an answer too large to keep is replaced by its size', async (t) => {
  const { app, send, entries } = await start(t);
  app.addHook('preHandler', async (request) => {
    request.audited = { target: 'big', after: { text: 'x'.repeat(20_000) } };
  });
  await send('DELETE', `${CLIENTS}/nobody`);
  assert.deepEqual((await entries())[0]?.after, { left_out: '20011 characters' });
});

test('pages lead through the log, filters narrow it', async (t) => {
  const { send, read } = await start(t);
  for (const id of ['a', 'b', 'c', 'd', 'e']) await send('POST', CLIENTS, { client_id: id });
  await send('DELETE', `${CLIENTS}/a`);
  const targets = (page: { items: { target: string }[] }) => page.items.map(({ target }) => target);
  const first = await read('?limit=2');
  assert.deepEqual(targets(first), ['a', 'e']);
  const second = await read(`?limit=2&before=${first.next}`);
  const third = await read(`?limit=2&before=${second.next}`);
  assert.deepEqual([...targets(second), ...targets(third)], ['d', 'c', 'b', 'a']);
  assert.equal(third.next, null);
  assert.deepEqual(targets(await read('?action=deleteClient')), ['a']);
  assert.deepEqual(targets(await read('?target=c&actor=anonymous')), ['c']);
  assert.deepEqual(targets(await read('?since=2999-01-01T00:00:00%2B02:00')), []);
  assert.equal((await read('?since=2020-01-01T00:00Z')).items.length, 6);
});

test('every wrong parameter is named', async (t) => {
  const { send } = await start(t);
  const wrong = {
    limit: ['0', '1001', 'x', '1.5'],
    before: ['0', 'x', '-1'],
    since: ['yesterday', '2026-13-01T00:00:00Z', '2026-01-01', ''],
    actor: ['', '%00'],
    colour: ['red'],
  };
  for (const [field, values] of Object.entries(wrong)) {
    for (const value of values) {
      const { statusCode, json } = await send('GET', `/v1/api/audit?${field}=${value}`);
      assert.equal(statusCode, 400, `${field}=${value}`);
      assert.equal(json().details[0].field, field);
    }
  }
  const { json } = await send('GET', '/v1/api/audit?limit=0&before=0&since=x');
  assert.deepEqual(
    json()
      .details.map(({ field }: { field: string }) => field)
      .toSorted(),
    ['before', 'limit', 'since'],
  );
});

test('without the database reads are answered 503, and entries made meanwhile are written when it is back', async (t) => {
  const { send, store, read } = await start(t);
  store.isAway = true;
  await send('POST', CLIENTS, { client_id: 'a' });
  const { statusCode, json } = await send('GET', '/v1/api/audit');
  assert.deepEqual([statusCode, json().error], [503, 'GW_DATABASE_UNAVAILABLE']);
  store.isAway = false;
  assert.deepEqual(
    (await read()).items.map(({ target }: { target: string }) => target),
    ['a'],
  );
});
