import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { InjectOptions } from 'fastify';
import { fakeAdminApp, type FakeAdmin } from '../../../support/admin-app.ts';

type Method = InjectOptions['method'] & string;

async function answering(t: TestContext, admin: FakeAdmin['admin'] = {}) {
  const app = await fakeAdminApp({ admin });
  t.after(() => app.close());
  return (url: string, headers: Record<string, string> = {}, method: Method = 'GET') =>
    app.inject({ method, url, headers });
}

const API = '/v1/api/metrics';
const OPS = 'https://ops.example.com';
const UNSAFE = ['POST', 'PUT', 'PATCH', 'DELETE'] as const;

test('a foreign Host is refused everywhere: a rebound name reaches nothing', async (t) => {
  const get = await answering(t, { allowedHosts: ['gateway.internal'] });
  for (const url of [API, '/metrics', '/docs/', '/nowhere']) {
    const { statusCode, json } = await get(url, { host: 'evil.example:9000' });
    assert.equal(statusCode, 403, url);
    assert.equal(json().error, 'GW_FORBIDDEN');
  }
  for (const host of ['localhost:9000', '127.0.0.1:9000', '[::1]:9000', 'gateway.internal:9000']) {
    assert.equal((await get(API, { host })).statusCode, 200, host);
  }
});

test('probes answer under any Host, as orchestrators call them by the name of a service', async (t) => {
  const get = await answering(t, { token: 'secret' });
  for (const host of ['sluice.default.svc:9000', 'gateway', '10.1.2.3:9000']) {
    for (const url of ['/livez', '/readyz']) {
      const { statusCode, headers } = await get(url, { host, origin: 'http://evil.example' });
      assert.deepEqual([statusCode, headers['access-control-allow-origin']], [200, undefined], `${host} ${url}`);
    }
    assert.equal((await get('/metrics', { host, authorization: 'Bearer secret' })).statusCode, 403);
  }
});

test('an unsafe request of another origin’s page is refused before anything else looks at it', async (t) => {
  const send = await answering(t, { corsOrigins: [OPS] });
  const foreign = { origin: 'http://evil.example' };
  for (const method of UNSAFE) {
    const refused = await send(API, foreign, method);
    assert.equal(refused.statusCode, 403, method);
    assert.equal(refused.headers['access-control-allow-origin'], undefined);
    assert.notEqual((await send(API, { origin: 'http://localhost' }, method)).statusCode, 403, method);
    assert.notEqual((await send(API, {}, method)).statusCode, 403, method);
  }
  assert.equal((await send(API, foreign)).statusCode, 200);
});

test('a page of a listed origin may send anything, and read the answer', async (t) => {
  const send = await answering(t, { corsOrigins: [OPS] });
  const answer = await send('/v1/api/clients', { origin: OPS });
  assert.equal(answer.statusCode, 200);
  assert.equal(answer.headers['access-control-allow-origin'], OPS);
  assert.equal(answer.headers.vary, 'origin');
  assert.match(String(answer.headers['access-control-expose-headers']), /etag/);
  assert.equal(answer.headers['access-control-allow-credentials'], undefined);
  for (const method of UNSAFE) assert.notEqual((await send(API, { origin: OPS }, method)).statusCode, 403, method);
  const missing = await send('/nowhere', { origin: OPS });
  assert.deepEqual([missing.statusCode, missing.headers['access-control-allow-origin']], [404, OPS]);
});

test('a preflight of a listed origin is answered without a token; of any other, not', async (t) => {
  const send = await answering(t, { corsOrigins: [OPS], token: 'secret' });
  const ask = { 'access-control-request-method': 'PATCH', 'access-control-request-headers': 'authorization' };
  const answer = await send('/v1/api/clients/a', { origin: OPS, ...ask }, 'OPTIONS');
  assert.equal(answer.statusCode, 204);
  assert.match(String(answer.headers['access-control-allow-methods']), /PATCH/);
  assert.match(String(answer.headers['access-control-allow-headers']), /authorization/);
  const foreign = await send('/v1/api/clients/a', { origin: 'https://evil.example', ...ask }, 'OPTIONS');
  assert.equal(foreign.headers['access-control-allow-origin'], undefined);
  assert.equal((await send(API, { origin: OPS })).statusCode, 401, 'the request itself needs one');
});

test('without a list, answers do not vary and name no origin', async (t) => {
  const { headers } = await (await answering(t))(API, { origin: OPS });
  assert.equal(headers.vary, undefined);
  assert.equal(headers['access-control-allow-origin'], undefined);
});
