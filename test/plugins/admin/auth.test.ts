import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { InjectOptions } from 'fastify';
import { fakeAdminApp, type FakeAdmin } from '../../support/admin-app.ts';

async function answering(t: TestContext, admin: FakeAdmin['admin'] = {}) {
  const app = await fakeAdminApp({ admin });
  t.after(() => app.close());
  return (url: string, headers: Record<string, string> = {}, method: InjectOptions['method'] & string = 'GET') =>
    app.inject({ method, url, headers });
}

const API = '/v1/api/metrics';

test('without a token, a loopback caller may read', async (t) => {
  const get = await answering(t);
  assert.equal((await get(API)).statusCode, 200);
});

test('with a token, every API route and unknown path wants it', async (t) => {
  const get = await answering(t, { token: 'secret' });
  for (const url of [
    API,
    '/v1/api/backends',
    '/v1/api/backends/api-1',
    '/v1/api/rate-limit',
    '/ws/metrics',
    '/nowhere',
  ]) {
    const { statusCode, headers, json } = await get(url);
    assert.equal(statusCode, 401, url);
    assert.equal(headers['www-authenticate'], 'Bearer realm="sluice"');
    assert.equal(json().error, 'GW_UNAUTHORIZED');
  }
  assert.equal((await get(API, { authorization: 'Bearer secret' })).statusCode, 200);
});

test('a wrong token is told apart from none', async (t) => {
  const get = await answering(t, { token: 'secret' });
  const { statusCode, headers } = await get(API, { authorization: 'Bearer wrong' });
  assert.equal(statusCode, 401);
  assert.equal(headers['www-authenticate'], 'Bearer realm="sluice", error="invalid_token"');
});

test('a token in the query or, without an upgrade, in a subprotocol opens nothing', async (t) => {
  const get = await answering(t, { token: 'secret' });
  assert.equal((await get(`${API}?token=secret&access_token=secret`)).statusCode, 401);
  const protocol = { 'sec-websocket-protocol': `sluice.bearer.${Buffer.from('secret').toString('base64url')}` };
  assert.equal((await get(API, protocol)).statusCode, 401);
});

test('probes, the documentation and its document answer without a token', async (t) => {
  const get = await answering(t, { token: 'secret' });
  for (const url of ['/livez', '/readyz', '/docs/', '/docs/json', '/docs/static/swagger-ui.css']) {
    assert.equal((await get(url)).statusCode, 200, url);
  }
});

test('a foreign Host is refused everywhere: a rebound name reaches nothing', async (t) => {
  const get = await answering(t, { allowedHosts: ['gateway.internal'] });
  for (const url of [API, '/livez', '/docs/', '/nowhere']) {
    const { statusCode, json } = await get(url, { host: 'evil.example:9000' });
    assert.equal(statusCode, 403, url);
    assert.equal(json().error, 'GW_FORBIDDEN');
  }
  for (const host of ['localhost:9000', '127.0.0.1:9000', '[::1]:9000', 'gateway.internal:9000']) {
    assert.equal((await get(API, { host })).statusCode, 200, host);
  }
});

test('an unsafe request of another origin’s page is refused before anything else looks at it', async (t) => {
  const send = await answering(t);
  const foreign = { origin: 'http://evil.example' };
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'] as const) {
    assert.equal((await send(API, foreign, method)).statusCode, 403, method);
    assert.notEqual((await send(API, { origin: 'http://localhost' }, method)).statusCode, 403, method);
    assert.notEqual((await send(API, {}, method)).statusCode, 403, method);
  }
  assert.equal((await send(API, foreign)).statusCode, 200);
});
