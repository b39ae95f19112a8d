import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger } from '../../src/gateway/logging.ts';
import { fakeAdminApp } from '../support/admin-app.ts';
import { FAKE_BACKENDS, FakeTelemetry } from '../support/fake-telemetry.ts';

test('an answer carries the caller’s request id, or one of ours', async (t) => {
  const app = await fakeAdminApp();
  t.after(() => app.close());
  const named = await app.inject({ url: '/v1/api/backends/nobody', headers: { 'x-request-id': 'trace-1' } });
  assert.equal(named.headers['x-request-id'], 'trace-1');
  assert.equal(named.json().request_id, 'trace-1');
  const unnamed = await app.inject({ url: '/livez', headers: { 'x-request-id': 'two words' } });
  assert.match(String(unnamed.headers['x-request-id']), /^[0-9a-f-]{36}$/);
});

test('a path works with and without its last slash', async (t) => {
  const app = await fakeAdminApp();
  t.after(() => app.close());
  for (const path of ['/livez', '/v1/api/backends', '/v1/api/metrics']) {
    assert.equal((await app.inject(path)).statusCode, 200, path);
    assert.equal((await app.inject(`${path}/`)).statusCode, 200, `${path}/`);
  }
});

test('a path that cannot be decoded is 400 in our shape', async (t) => {
  const app = await fakeAdminApp();
  t.after(() => app.close());
  const { statusCode, json, headers } = await app.inject('/v1/api/backends/%zz');
  assert.deepEqual([statusCode, json().error, headers['x-request-id']], [400, 'GW_BAD_PATH', json().request_id]);
});

test('a path parameter that is longer than any name is 404, not malformed', async (t) => {
  const app = await fakeAdminApp();
  t.after(() => app.close());
  const { statusCode, json } = await app.inject(`/v1/api/backends/${'x'.repeat(600)}`);
  assert.deepEqual([statusCode, json().error], [404, 'GW_NOT_FOUND']);
});

test('answers about backends, circuits and the limiter need no whole report', async (t) => {
  const telemetry = Object.assign(new FakeTelemetry(), {
    backends: () => FAKE_BACKENDS,
    limiter: () => new FakeTelemetry().report().limiter,
    report: () => assert.fail('a whole report was made'),
  });
  const app = await fakeAdminApp({ telemetry });
  t.after(() => app.close());
  for (const path of ['backends', 'circuit-breaker', 'rate-limit', 'health']) {
    assert.equal((await app.inject(`/v1/api/${path}`)).statusCode, 200, `/v1/api/${path}`);
    assert.equal((await app.inject(`/api/${path}`)).statusCode, 200, `/api/${path}`);
  }
  assert.equal((await app.inject('/list')).statusCode, 200, '/list');
});

test('a request leaves one line at debug, without its query', async (t) => {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const logger = createLogger({ level: 'debug', format: 'json' }, { name: 'control' }, destination);
  const app = await fakeAdminApp({ logger });
  t.after(() => app.close());
  await app.inject({ url: '/v1/api/backends?token=S3CRET', headers: { 'x-request-id': 'trace-1' } });
  assert.equal(lines.length, 1);
  const { time, duration_ms, ...rest } = JSON.parse(lines[0]!);
  assert.ok(time && duration_ms >= 0);
  assert.deepEqual(rest, {
    level: 'debug',
    name: 'control',
    request_id: 'trace-1',
    method: 'GET',
    path: '/v1/api/backends',
    ip: '127.0.0.1',
    status: 200,
    msg: 'admin request',
  });
});
