import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { createApiKey, hashApiKey } from '../../../src/identity/api-key.ts';
import { type PolicyWorld, startPolicyWorld } from '../../support/policy-world.ts';
import { rawResponse } from '../../support/raw-socket.ts';

const KEY = createApiKey();
const ROUTES = `- name: open
  path_prefix: /open
  pool: default
- name: api
  path_prefix: /
  pool: default
  auth: { api_key: required }
  request_headers: { set: { X-Client: "{client_id}", x-user: "{auth_user}" } }`;

/** A gateway where the client `shop` has an API key. */
async function startKeyedWorld(t: TestContext, yaml = ROUTES): Promise<PolicyWorld> {
  const world = await startPolicyWorld(t, yaml, rawResponse('ok'));
  register(world, 'put');
  return world;
}

function register({ thread }: PolicyWorld, op: 'put' | 'remove'): void {
  const changes = [{ op, key: 'shop', kind: 'id', apiKeyHash: hashApiKey(KEY) }] as const;
  thread.handle({ type: 'clients', id: 1, changes });
}

test('a request without an API key is refused with a challenge, whatever its method', async (t) => {
  const { ask, requests } = await startKeyedWorld(t);
  for (const target of ['/', 'POST /', 'OPTIONS /', 'DELETE /a']) {
    const answer = await ask(target);
    assert.match(answer, /^HTTP\/1\.1 401 /, target);
    assert.match(answer, /\r\nwww-authenticate: ApiKey\r\n/i);
    assert.match(answer, /"error":"GW_AUTH_REQUIRED"/);
  }
  assert.match(await ask('HEAD /'), /^HTTP\/1\.1 401 [^]*\r\n\r\n$/);
  assert.equal(requests.length, 0);
});

test('an unknown key, and one that was removed, are refused', async (t) => {
  const world = await startKeyedWorld(t);
  assert.match(await world.ask('/', ['X-API-Key: nonsense']), /^HTTP\/1\.1 401 [^]*"GW_AUTH_INVALID"/);
  assert.match(await world.ask('/', [`X-API-Key: ${KEY}`]), /^HTTP\/1\.1 200 /);
  register(world, 'remove');
  assert.match(await world.ask('/', [`X-API-Key: ${KEY}`]), /^HTTP\/1\.1 401 /);
  assert.equal(world.requests.length, 1);
});

test('the client id is known to headers and to the log', async (t) => {
  const { ask, requests, logged, tables } = await startKeyedWorld(t);
  await ask('/', [`x-api-key: ${KEY}`, 'X_Client: forged', 'x-user: admin']);
  assert.match(requests[0]!, /\r\nx-client: shop\r\nx-user: shop\r\n/);
  assert.match(requests[0]!, new RegExp(`\r\nx-api-key: ${KEY}\r\n`));
  assert.doesNotMatch(requests[0]!, /forged|admin/);
  const line = await logged(({ status }) => status === 200);
  assert.deepEqual([line['auth'], line['user'], line['client']], ['api_key', 'shop', 'id:shop']);
  await ask('/');
  assert.equal(tables.metrics.authFailures().missing, 1);
});

test('without limits, the client id is known all the same', async (t) => {
  const { ask, requests, thread } = await startPolicyWorld(
    t,
    `rate_limit: { enabled: false }
routes:
  - { pool: default, auth: { api_key: required, forward_key: false }, request_headers: { set: { x-client: "{client_id}" } } }`,
  );
  thread.handle({
    type: 'clients',
    id: 1,
    changes: [{ op: 'put', key: 'shop', kind: 'id', apiKeyHash: hashApiKey(KEY) }],
  });
  await ask('/', [`X-Api-Key: ${KEY}`]);
  assert.match(requests[0]!, /\r\nx-client: shop\r\n/);
  assert.doesNotMatch(requests[0]!, /slk_/);
});

test('fields that say who a caller is cannot be sent on a route without authentication', async (t) => {
  const { ask, requests } = await startKeyedWorld(t);
  await ask('/open', ['x-user: admin', 'X_USER: admin', 'X.Client: admin', 'x-other: kept']);
  assert.match(requests[0]!, /\r\nx-other: kept\r\n/);
  assert.doesNotMatch(requests[0]!, /admin/);
});

test('an upgrade needs a key', async (t) => {
  const { ask, requests } = await startKeyedWorld(t);
  const fields = ['Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='];
  assert.match(await ask('/', [...fields, 'Connection: Upgrade']), /^HTTP\/1\.1 401 /);
  assert.equal(requests.length, 0);
});

test('gRPC gets UNAUTHENTICATED', async (t) => {
  const { ask } = await startKeyedWorld(t);
  const answer = await ask('POST /a.B/C', ['Content-Type: application/grpc', 'TE: trailers']);
  assert.match(answer, /^HTTP\/1\.1 200 [^]*\r\ngrpc-status: 16\r\n/);
});
