/** Every operation of the OpenAPI document that changes something: the audit log has target, before and after. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StoredAuditEntry } from '../../../../src/audit/audit-store.ts';
import { fakeDatabase } from '../../../support/admin-app.ts';
import { startLiveControl } from '../../../support/live-control.ts';
import { MemoryAuditStore } from '../../../support/memory-audit-store.ts';
import { MemoryBackendStore } from '../../../support/memory-backend-store.ts';
import { MemoryClientStore } from '../../../support/memory-client-store.ts';

const POOL =
  'pools: { web: { backends: [{ url: "http://10.0.0.1:80", id: a }, { url: "http://10.0.0.2:80", id: b }] } }\n';

/** Expected entries besides the target: nothing before, nothing after, or both, and different. */
type Kind = 'created' | 'removed' | 'changed';

/** In an order in which each can succeed; with the expected target. */
const CALLS: readonly (readonly [
  operation: string,
  call: string,
  body: object | undefined,
  target: string,
  kind: Kind,
])[] = [
  ['createClient', 'POST /v1/api/clients', { client_id: 'alice', capacity: 5 }, 'alice', 'created'],
  ['replaceClient', 'PUT /v1/api/clients/alice', { capacity: 6, rate_per_second: 1 }, 'alice', 'changed'],
  ['changeClient', 'PATCH /v1/api/clients/alice', { capacity: 7 }, 'alice', 'changed'],
  ['deleteClient', 'DELETE /v1/api/clients/alice', undefined, 'alice', 'removed'],
  ['compatCreateClient', 'POST /client', { id: 'bob', capacity: 5, refill_rate: 1 }, 'bob', 'created'],
  ['compatChangeClient', 'PUT /client', { id: 'bob', capacity: 6, refill_rate: 1 }, 'bob', 'changed'],
  ['compatDeleteClient', 'DELETE /client/bob', undefined, 'bob', 'removed'],
  ['compatCreateNamedClient', 'POST /clients', { client_id: 'eve', capacity: 5, rate_per_sec: 1 }, 'eve', 'created'],
  ['createBackend', 'POST /v1/api/backends', { pool: 'web', url: 'http://10.0.0.3', id: 'c' }, 'c', 'created'],
  ['changeBackend', 'PATCH /v1/api/backends/c', { weight: 3 }, 'c', 'changed'],
  ['replaceBackend', 'PUT /v1/api/backends/c', { pool: 'web', weight: 4 }, 'c', 'changed'],
  ['drainBackend', 'POST /v1/api/backends/c/drain', undefined, 'c', 'changed'],
  ['undrainBackend', 'POST /v1/api/backends/c/undrain', undefined, 'c', 'changed'],
  ['disableBackend', 'POST /v1/api/backends/c/disable', undefined, 'c', 'changed'],
  ['enableBackend', 'POST /v1/api/backends/c/enable', undefined, 'c', 'changed'],
  ['resetBackendMetrics', 'POST /v1/api/backends/a/reset-metrics', undefined, 'a', 'changed'],
  ['openCircuit', 'POST /v1/api/circuit-breaker/a/open', { seconds: 60 }, 'a', 'changed'],
  ['resetCircuit', 'POST /v1/api/circuit-breaker/a/reset', undefined, 'a', 'changed'],
  ['deleteBackend', 'DELETE /v1/api/backends/c', undefined, 'c', 'removed'],
  ['compatChangeBackend', 'PATCH /api/backends/a', { weight: 2, enabled: false }, 'a', 'changed'],
  ['compatActOnBackend', 'POST /api/backends/b/actions', { action: 'drain' }, 'b', 'changed'],
  ['openCircuit', 'POST /v1/api/circuit-breaker/b/open', undefined, 'b', 'changed'],
  ['compatResetCircuit', 'POST /api/circuit-breaker/b/reset', undefined, 'b', 'changed'],
  ['compatAddServer', 'POST /addServer', { URL: 'http://10.0.0.4:80' }, 'web-10.0.0.4-80', 'created'],
  ['compatRemoveServer', 'DELETE /removeServer', { URL: 'http://10.0.0.4:80' }, 'web-10.0.0.4-80', 'changed'],
  ['replaceConfig', 'PUT /v1/api/config', { config: 'x' }, 'configuration', 'changed'],
  ['applyConfig', 'POST /v1/api/config/apply', { config: 'x', plan_id: 'y' }, 'configuration', 'changed'],
  ['rollbackConfig', 'POST /v1/api/config/rollback/1', undefined, 'configuration', 'changed'],
  ['reloadConfig', 'POST /v1/api/config/reload', undefined, 'configuration', 'changed'],
  // Changes nothing, but shows an operator the file.
  ['checkConfig', 'POST /v1/api/config/check', {}, 'configuration', 'created'],
];

/**
 * In tests of their routes: certificates.test.ts, certificate-uploads.test.ts, config-versions.test.ts, recordings.test.ts,
 * cache-purge.test.ts, discovery.test.ts of the gateway.
 */
const ELSEWHERE = [
  'pushMembers',
  'deletePushedMembers',
  'startRecording',
  'stopRecording',
  'purgeCache',
  'endConfigWatch',
  'renewCertificate',
  'rolloverAccountKey',
  'uploadCertificate',
  'deleteCertificate',
];

async function start(t: Parameters<typeof startLiveControl>[0]) {
  const audit = new MemoryAuditStore();
  const database = fakeDatabase(new MemoryClientStore(), audit, new MemoryBackendStore());
  const control = await startLiveControl(t, POOL, undefined, database);
  const newest = async (): Promise<StoredAuditEntry> => (await audit.list({ limit: 1 }))[0]!;
  return { ...control, newest };
}

test('each is recorded with its target, before and after', async (t) => {
  const { send, newest, row, slot, tables } = await start(t);

  row.counted(slot('a'), true, tables.clock.nowMs(), 10_000);

  for (const [operation, call, body, target, kind] of CALLS) {
    const [method = '', url = ''] = call.split(' ');
    const answer = await send(method, url, body);
    assert.ok(answer.statusCode < 300, `${call}: ${answer.statusCode} ${answer.body}`);
    const entry = await newest();
    assert.deepEqual([entry.action, entry.target, entry.status], [operation, target, answer.statusCode], call);
    assert.equal(entry.before === null, kind === 'created', `${call}: before ${JSON.stringify(entry.before)}`);
    assert.equal(entry.after === null, kind === 'removed', `${call}: after ${JSON.stringify(entry.after)}`);
    assert.notDeepEqual(entry.before, entry.after, call);
  }
});

/** They change nothing. */
const QUESTIONS: readonly string[] = [
  'askClientWhatIf',
  'askDefaultWhatIf',
  'createExplainToken',
  'explainSecretRequest',
];

test('none is missing here', async (t) => {
  const { send } = await start(t);
  const { paths } = (await send('GET', '/docs/json')).json<{
    paths: Record<string, Record<string, { operationId: string }>>;
  }>();
  const changing = Object.values(paths).flatMap((methods) =>
    Object.entries(methods).flatMap(([method, { operationId }]) =>
      method === 'get' || QUESTIONS.includes(operationId) ? [] : [operationId],
    ),
  );
  const recorded = new Set([...CALLS.map(([operation]) => operation), ...ELSEWHERE]);
  assert.deepEqual([...recorded].toSorted(), changing.toSorted());
});

for (const [call, body, target, status] of [
  ['POST /v1/api/clients', { client_id: 'eve' }, 'eve', 409],
  ['POST /clients', { client_id: 'eve', capacity: 5, rate_per_sec: 1 }, 'eve', 409],
  ['PUT /client', { id: 'nobody', capacity: 6, refill_rate: 1 }, 'nobody', 404],
  ['POST /v1/api/backends', { pool: 'web', url: 'http://10.0.0.3', id: 'a' }, 'a', 409],
  ['DELETE /removeServer', { URL: 'http://10.9.9.9:80' }, 'http://10.9.9.9', 404],
  ['PATCH /v1/api/backends/none', { weight: 1 }, 'none', 404],
] as const) {
  test(`${call}, refused with ${status}, is written down with its target`, async (t) => {
    const { send, newest } = await start(t);
    await send('POST', '/v1/api/clients', { client_id: 'eve' });
    const [method = '', url = ''] = call.split(' ');
    assert.equal((await send(method, url, body)).statusCode, status);
    const entry = await newest();
    assert.deepEqual([entry.target, entry.status, entry.before ?? null, entry.after], [target, status, null, null]);
  });
}
