import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startPolicyWorld } from '../../support/policy-world.ts';

test('a redirect is answered without a backend, for every method and for upgrades', async (t) => {
  const { ask, requests, log } = await startPolicyWorld(
    t,
    `- { name: moved, path_prefix: /old, redirect: { path_prefix: /new }, response_headers: { set: { x-by: '{route}' } } }
- { pool: default }`,
  );
  const answer = await ask('/old/a?b=c');
  assert.match(answer, /^HTTP\/1\.1 308 Permanent Redirect\r\n/);
  assert.match(answer, /\r\nlocation: \/new\/a\?b=c\r\n/);
  assert.match(answer, /\r\nx-by: moved\r\n/);
  assert.match(answer, /\r\ncontent-length: 0\r\n/i);
  assert.match(await ask('HEAD /old'), /^HTTP\/1\.1 308 [^]*\r\nlocation: \/new\r\n/);
  assert.match(await ask('POST /old', [], 'body'), /^HTTP\/1\.1 308 /);
  assert.match(await ask('/old', ['Upgrade: websocket', 'Sec-WebSocket-Key: x']), /^HTTP\/1\.1 308 /);
  assert.deepEqual(requests, []);
  assert.equal(log.filter(({ route, status }) => route === 'moved' && status === 308).length, 4);
});

test('the host of a redirect is one that the route has, whatever the request says', async (t) => {
  const { ask } = await startPolicyWorld(
    t,
    `- { host: '*.shop.test', redirect: { scheme: https, status: 301 } }
- { path: /anywhere, redirect: { host: example.org, status: 302 } }
- { pool: default }`,
  );
  assert.match(
    await ask('/a', ['Host: www.shop.test:8080']),
    /^HTTP\/1\.1 301 [^]*\r\nlocation: https:\/\/www\.shop\.test\/a\r\n/,
  );
  assert.match(await ask('/a', ['Host: evil.example']), /^HTTP\/1\.1 200 /);
  assert.match(await ask('/anywhere', ['Host: evil.example']), /\r\nlocation: http:\/\/example\.org\/anywhere\r\n/);
  assert.match(
    await ask('GET http://a.shop.test/b', ['Host: evil.example']),
    /\r\nlocation: https:\/\/a\.shop\.test\/b\r\n/,
  );
});

test('what makes no safe location is answered 400, and a redirect to the same URL 508', async (t) => {
  const { ask } = await startPolicyWorld(
    t,
    `- { path_regex: '^/go/(.*)$', redirect: { path: '/{group.1}' } }
- { host: a.test, redirect: { scheme: http } }
- { pool: default }`,
  );
  const refused = await ask('/go//evil.example');
  assert.match(refused, /^HTTP\/1\.1 400 [^]*"GW_BAD_PATH"/);
  assert.doesNotMatch(refused, /location/i);
  assert.match(await ask('/go/\\evil.example'), /^HTTP\/1\.1 400 /);
  assert.match(await ask('/go/a%0d%0aSet-Cookie:x'), /\r\nlocation: \/a%0d%0aSet-Cookie:x\r\n/);
  assert.match(await ask('/x', ['Host: a.test']), /^HTTP\/1\.1 508 [^]*"GW_LOOP"/);
});
