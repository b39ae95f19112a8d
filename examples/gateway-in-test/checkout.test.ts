/** A service behind a real gateway, in the process of its test. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { createGateway } from 'sluice';
import { checkoutServer } from './checkout.ts';

test('the checkout is reached below /shop, and each client has three requests', async (t) => {
  const server = checkoutServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const gateway = await createGateway({
    config: {
      health_check: { enabled: false },
      rate_limit: { default: { capacity: 3, rate_per_second: 0.001 } },
      pools: { checkout: { backends: [{ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }] } },
      routes: [{ path_prefix: '/shop', strip_prefix: true, pool: 'checkout' }],
    },
    host: '127.0.0.1',
    port: 0,
    adminPort: 0,
    threads: 1,
  });
  t.after(() => gateway.close());

  await gateway.admin('/v1/api/clients', { body: { client_id: 'ada', capacity: 3, rate_per_second: 0.001 } });
  const ask = () => fetch(`${gateway.url}/shop/cart`, { headers: { 'x-client-id': 'ada' } });
  assert.deepEqual(await (await ask()).json(), { client: 'ada', path: '/cart' });
  await ask();
  await ask();
  const refused = await ask();
  assert.equal(refused.status, 429);
  assert.ok(Number(refused.headers.get('retry-after')) > 0);
  assert.equal((await fetch(`${gateway.url}/elsewhere`)).status, 404);
});
