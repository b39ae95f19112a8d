import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startPolicyWorld } from '../../support/policy-world.ts';

test('an address that may not use a route is refused before it costs a token', async (t) => {
  const { ask, requests, log } = await startPolicyWorld(
    t,
    `server: { trust_proxy: [127.0.0.1] }
rate_limit: { default: { capacity: 2, rate_per_second: 0.001 } }
routes:
  - { path_prefix: /in, pool: default, allow: [10.0.0.0/8], deny: [10.66.0.0/16], cors: { origins: [https://app.test] } }
  - { pool: default }
`,
  );
  const from = (address: string): string[] => [`X-Forwarded-For: ${address}`];
  for (let count = 0; count < 4; count += 1) {
    assert.match(await ask('/in', from('192.0.2.1')), /^HTTP\/1\.1 403 [^]*"GW_ADDRESS_REFUSED"/);
  }
  const refused = await ask('OPTIONS /in', [
    ...from('10.66.0.1'),
    'Origin: https://app.test',
    'Access-Control-Request-Method: PUT',
  ]);
  assert.match(refused, /^HTTP\/1\.1 403 [^]*\r\naccess-control-allow-origin: https:\/\/app\.test\r\n/);
  assert.match(await ask('/in', from('10.1.1.1')), /^HTTP\/1\.1 200 /);
  // What the client says in front of the proxy's entry is not its address.
  assert.match(await ask('/in', from('10.1.1.1, 192.0.2.1')), /^HTTP\/1\.1 403 /);
  assert.match(await ask('/', from('192.0.2.1')), /^HTTP\/1\.1 200 /);
  assert.match(await ask('/', from('192.0.2.1')), /^HTTP\/1\.1 200 /);
  assert.match(await ask('/', from('192.0.2.1')), /^HTTP\/1\.1 429 /);
  assert.equal(requests.length, 3);
  assert.equal(log.filter(({ error }) => error === 'GW_ADDRESS_REFUSED').length, 6);
});

test('lists hold for upgrades, absolute targets, and without limits', async (t) => {
  const { ask, requests } = await startPolicyWorld(
    t,
    `rate_limit: { enabled: false }
routes: [{ pool: default, deny: [127.0.0.0/8] }]
`,
  );
  assert.match(await ask('/'), /^HTTP\/1\.1 403 /);
  assert.match(await ask('GET http://shop.test/'), /^HTTP\/1\.1 403 /);
  assert.match(await ask('/', ['Upgrade: websocket', 'Sec-WebSocket-Key: x']), /^HTTP\/1\.1 403 /);
  assert.match(await ask('HEAD /'), /^HTTP\/1\.1 403 [^]*\r\n\r\n$/);
  assert.deepEqual(requests, []);
});
