import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startPolicyWorld } from '../../support/policy-world.ts';
import { RawClient } from '../../support/raw-socket.ts';

test('a new prefix reaches the backend, with the query, and X-Forwarded-Prefix names the old one', async (t) => {
  const { ask, requests } = await startPolicyWorld(
    t,
    '- { path_prefix: /api, pool: default, rewrite: { prefix: /v1 } }\n- { pool: default }',
  );
  await ask('/api/users?sort=/api', ['X-Forwarded-Prefix: /forged']);
  assert.match(requests[0]!, /^GET \/v1\/users\?sort=\/api HTTP\/1\.1\r\n/);
  assert.match(requests[0]!, /\r\nx-forwarded-prefix: \/api\r\n/);
  assert.doesNotMatch(requests[0]!, /forged/);
  await ask('/apix');
  assert.match(requests[1]!, /^GET \/apix HTTP/);
});

test('an expression rewrites absolute targets and upgrades, too', async (t) => {
  const { ask, requests } = await startPolicyWorld(
    t,
    "- { pool: default, rewrite: { regex: '^/users/([0-9]+)$', to: '/u/{group.1}' } }",
  );
  await ask('GET http://shop.test/users/7?x=1');
  await ask('/users/8', ['Upgrade: websocket', 'Sec-WebSocket-Key: x', 'Sec-WebSocket-Version: 13']);
  await ask('/users/seven');
  assert.deepEqual(
    requests.map((request) => request.split(' ', 2)[1]),
    ['/u/7?x=1', '/u/8', '/users/seven'],
  );
});

test('a path that would leave the rewritten one is answered 400, and reaches no backend', async (t) => {
  const { ask, requests, log } = await startPolicyWorld(
    t,
    `- { path_prefix: /files, pool: default, rewrite: { prefix: / } }
- { path_prefix: /, pool: default, rewrite: { prefix: /public } }`,
  );
  for (const path of ['/../secret', '/%2e%2e/secret', '/..;/secret', '/..%2fsecret', '/files//evil.example/x']) {
    assert.match(await ask(path), /^HTTP\/1\.1 400 [^]*"GW_BAD_PATH"/, path);
  }
  assert.deepEqual(requests, []);
  assert.equal(log.filter(({ error }) => error === 'GW_BAD_PATH').length, 5);
});

test('no field of a client becomes a second request line', async (t) => {
  const world = await startPolicyWorld(t, "- { pool: default, rewrite: { path: '/t/{header.x-tenant}' } }");
  await world.ask('/', ['x-tenant: a HTTP/1.1\t?x#y%0d%0aGET /admin']);
  assert.match(world.requests[0]!, /^GET \/t\/a%20HTTP%2F1\.1%09%3Fx%23y%250d%250aGET%20%2Fadmin HTTP\/1\.1\r\n/);
  // A bare carriage return never gets so far.
  const answer = await new RawClient(world.port).send('GET / HTTP/1.1\r\nHost: a\r\nx-tenant: a\rb\r\n\r\n').closed();
  assert.match(answer, /^HTTP\/1\.1 400 /);
  assert.equal(world.requests.length, 1);
});
