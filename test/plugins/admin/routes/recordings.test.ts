import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { fakeAdminApp, fakeDatabase } from '../../../support/admin-app.ts';
import { fakeRecordings } from '../../../support/fake-recordings.ts';
import { MemoryAuditStore } from '../../../support/memory-audit-store.ts';
import { MemoryClientStore } from '../../../support/memory-client-store.ts';

interface View {
  readonly id: string;
  readonly ended: string | null;
}

async function start(t: TestContext) {
  const fake = fakeRecordings();
  const audit = new MemoryAuditStore();
  const { recordings } = fake;
  const app = await fakeAdminApp({ recordings, database: fakeDatabase(new MemoryClientStore(), audit) });
  t.after(() => app.close());
  // Async: a call begins at once, not when it is awaited.
  const send = async (method: 'GET' | 'POST' | 'DELETE', url: string, body?: object) =>
    app.inject({
      method,
      url,
      headers: { host: '127.0.0.1', ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
    });
  const audited = async () => {
    await send('GET', '/v1/api/audit');
    return (await audit.list({ limit: 10 })).map(({ action, target, status }) => [action, target, status]);
  };
  return { ...fake, send, audited };
}

test('a recording is started, listed, stopped and read; starting and stopping are in the audit log', async (t) => {
  const { send, recordings, audited } = await start(t);
  const wanted = { route: 'api', sample: 0.01, seconds: 600, bodies: true, max_bytes: 4096 };
  const started = await send('POST', '/v1/api/recordings', wanted);
  assert.equal(started.statusCode, 201);
  const { id, ...view } = started.json<View>();
  assert.deepEqual(view, {
    ...wanted,
    started_at: '2026-12-01T12:00:05.000Z',
    recorded: 0,
    dropped: 0,
    bytes: 0,
    ended: null,
  });
  assert.equal(started.headers.location, `/v1/api/recordings/${id}/lines`);
  recordings.add({ recording: id, lines: '{"type":"request"}\n', count: 1, dropped: 0 });
  assert.deepEqual((await send('GET', '/v1/api/recordings')).json(), [{ id, ...view, recorded: 1, bytes: 19 }]);

  const lines = send('GET', `/v1/api/recordings/${id}/lines`);
  const stopped = await send('DELETE', `/v1/api/recordings/${id}`);
  assert.deepEqual([stopped.statusCode, stopped.json<View>().ended], [200, 'stopped']);
  const answer = await lines;
  assert.equal(answer.headers['content-type'], 'application/x-ndjson');
  assert.equal(answer.headers['cache-control'], 'no-store');
  assert.deepEqual(
    answer.body
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { type: string }).type),
    ['recording', 'request', 'end'],
  );
  assert.deepEqual(await audited(), [
    ['stopRecording', id, 200],
    ['startRecording', id, 201],
  ]);
});

test('without a body, all routes are recorded for a minute', async (t) => {
  const { send, told } = await start(t);
  const { statusCode, body } = await send('POST', '/v1/api/recordings');
  assert.equal(statusCode, 201, body);
  const { route, sample, seconds, bodies, max_bytes } = JSON.parse(body) as Record<string, unknown>;
  assert.deepEqual([route, sample, seconds, bodies, max_bytes], [null, 1, 60, false, 64 * 1024 * 1024]);
  assert.equal(told.length, 1);
});

test('what cannot be recorded or read is refused', async (t) => {
  const { send } = await start(t);
  const refusal = async (...call: Parameters<typeof send>) => {
    const answer = await send(...call);
    const { error, details = [] } = answer.json<{ error: string; details?: { field: string }[] }>();
    return [answer.statusCode, error, ...details.map(({ field }) => field)];
  };
  const path = '/v1/api/recordings';
  for (const [body, field] of [
    [{ route: 'none' }, 'route'],
    [{ sample: 0 }, 'sample'],
    [{ sample: 1.1 }, 'sample'],
    [{ seconds: 86_401 }, 'seconds'],
    [{ max_bytes: 1 }, 'max_bytes'],
    [{ bodies: 'all' }, 'bodies'],
  ] as const)
    assert.deepEqual(await refusal('POST', path, body), [400, 'GW_VALIDATION', field], JSON.stringify(body));
  const { id } = (await send('POST', path, {})).json<View>();
  assert.deepEqual(await refusal('POST', path, {}), [409, 'GW_RECORDING_EXISTS']);
  assert.deepEqual(await refusal('GET', `${path}/other/lines`), [404, 'GW_NOT_FOUND']);
  assert.deepEqual(await refusal('DELETE', `${path}/other`), [404, 'GW_NOT_FOUND']);
  const lines = send('GET', `${path}/${id}/lines`);
  assert.deepEqual(await refusal('GET', `${path}/${id}/lines`), [409, 'GW_RECORDING_EXISTS']);
  await send('DELETE', `${path}/${id}`);
  await lines;
});
