/** Whole gateways that share their limits by a real Redis, and lose it. The limits refill too slowly to matter. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startEchoBackend } from '../support/echo-backend.ts';
import { eventually } from '../support/eventually.ts';
import { gatewayYaml, startTestGateway, type TestGateway } from '../support/gateway.ts';
import { httpRequest } from '../support/http-request.ts';
import { RawClient } from '../support/raw-socket.ts';
import { redisMissing, startRedis } from '../support/redis-server.ts';
import { admitted, appliesOnce, areLost, areShared, sharing, startFleet } from '../support/limit-fleet.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';

const SLOW = 'rate_per_second: 0.0001';
const DEFAULT = `rate_limit: { default: { capacity: 100, ${SLOW} } }`;

/** As the fleet sees it. */
async function itself(gateway: TestGateway): Promise<{ limit_mode: string; limit_mode_seconds: number | null }> {
  const { items } = (await gateway.admin('/v1/api/fleet')).json<{ items: Awaited<ReturnType<typeof itself>>[] }>();
  const [{ limit_mode, limit_mode_seconds }] = items as [(typeof items)[number]];
  return { limit_mode, limit_mode_seconds };
}

/** Decided by Redis however busy the machine is. */
const PATIENT = 'shared: { wait: 20s, lost_after: 40s }';

const ROUTES = `routes:
  - { path_prefix: /window, pool: default, rate_limit: { client: { limit: 50, size: 12h } } }
  - { path_prefix: /shared, pool: default, rate_limit: { total: { capacity: 20, ${SLOW} } } }
  - { path_prefix: /own, pool: default, rate_limit: { total: { capacity: 20, ${SLOW}, scope: gateway } } }
  - { path_prefix: /client, pool: default, cost: 5, rate_limit: { client: { capacity: 50, ${SLOW} } } }
  - { path_prefix: /, pool: default }
`;

test('two gateways share their limits', { skip: redisMissing }, async (t) => {
  const fleet = await startFleet(t, `${ROUTES}rate_limit: { ${PATIENT}, default: { capacity: 100, ${SLOW} } }`);
  await areShared(fleet);
  const { gateways } = fleet;

  await t.test('a client gets its limit once, wherever it goes', async () => {
    await appliesOnce(gateways, 100);
    await appliesOnce(gateways, 100, { client: '10.0.0.2', at: () => 0 });
    // Used up at one gateway, it is at the other, as soon as that has asked: 4 % is what all admit before.
    assert.ok((await admitted(gateways, 20, { client: '10.0.0.2', at: () => 1 })) <= 4);
    assert.equal(await admitted(gateways, 20, { client: '10.0.0.2', at: () => 1 }), 0);
    const { headers } = await httpRequest(gateways[1]!.trafficUrl, { headers: { 'x-forwarded-for': '10.0.0.2' } });
    assert.match(String(headers['ratelimit-policy']), /^"default";q=100;/);
    assert.match(String(headers['ratelimit']), /^"default";r=0;/);
    assert.ok(Number(headers['retry-after']) > 1000);
  });

  await t.test('so are sliding windows', async () => {
    await appliesOnce(gateways, 50, { path: '/window', client: '10.0.1.1' });
  });

  await t.test("so are the limits of a route, unless they are each gateway's", async () => {
    await appliesOnce(gateways, 20, { path: '/shared', client: '10.0.2.1' });
    assert.equal(await admitted(gateways, 60, { path: '/own', client: '10.0.2.2' }), 40);
    // Each costs five, of the client's general limit as well.
    await appliesOnce(gateways, 10, { path: '/client', client: '10.0.2.3' });
  });

  await t.test('what a route refuses costs the client nothing', async () => {
    assert.equal(await admitted(gateways, 60, { path: '/shared', client: '10.0.2.4' }), 0);
    await eventually('what was granted and not spent is back', async () => {
      for (const gateway of gateways) if ((await sharing(gateway)).limits > 0) return false;
      return true;
    });
    await appliesOnce(gateways, 100, { client: '10.0.2.4' });
  });

  await t.test('a limit that the API changes keeps its share, on all gateways', async () => {
    const body = { client_id: 'shop', capacity: 40, rate_per_second: 0.0001 };
    for (const gateway of gateways) {
      const created = await gateway.admin('/v1/api/clients', { method: 'POST', body });
      assert.equal(created.status, 201, created.body);
    }
    const ask = async (count: number): Promise<number> => {
      let ok = 0;
      for (let index = 0; index < count; index += 1) {
        const gateway = gateways[index % gateways.length]!;
        const { status } = await httpRequest(gateway.trafficUrl, { headers: { 'x-client-id': 'shop' } });
        if (status === 200) ok += 1;
      }
      return ok;
    };
    assert.equal(await ask(20), 20);
    for (const gateway of gateways) {
      const changed = await gateway.admin('/v1/api/clients/shop', { method: 'PATCH', body: { capacity: 80 } });
      assert.equal(changed.status, 200, changed.body);
    }
    assert.equal(await ask(60), 40);
  });
});

test('without Redis each gateway admits its share; what was used up stays so', { skip: redisMissing }, async (t) => {
  const fleet = await startFleet(t, `rate_limit: { ${PATIENT}, default: { capacity: 100, ${SLOW} } }`);
  await areShared(fleet);
  const { gateways, redis } = fleet;
  await appliesOnce(gateways, 100);
  await redis.kill();
  await areLost(fleet);
  assert.equal(await admitted(gateways, 20), 0);
  assert.equal(await admitted(gateways, 80, { client: '10.0.0.2', at: () => 0 }), 50);
  const { headers } = await httpRequest(gateways[0]!.trafficUrl, { headers: { 'x-forwarded-for': '10.0.0.2' } });
  assert.match(String(headers['ratelimit-policy']), /^"default";q=50;/);
  assert.equal(await admitted(gateways, 80, { client: '10.0.0.2', at: () => 1 }), 50);
  await eventually('it is an event', async () =>
    (await gateways[0]!.admin('/v1/api/events')).body.includes(
      'this gateway admits its share of each shared limit, 1/2',
    ),
  );
  const { limit_mode: mode, limit_mode_seconds: seconds } = await itself(gateways[0]!);
  assert.equal(mode, 'lost');
  assert.ok(seconds! >= 0 && seconds! < 60, `lost for ${seconds} s`);
  // It comes back, empty.
  await redis.start();
  await areLost(fleet, 'shared');
  assert.deepEqual(await itself(gateways[0]!), { limit_mode: 'shared', limit_mode_seconds: null });
  await eventually('both have charged what they admitted', async () => {
    const [, tatUs, , fillUs] = (await redis.cli('get', 'sluice:c:ip:10.0.0.2')).split(' ').map(Number);
    const nowUs = (Date.now() - Date.UTC(2026, 0)) * 1000;
    return tatUs !== undefined && tatUs - nowUs > 0.99 * fillUs!;
  });
  // The first of them heard of its own half only, and may take its part of 4 % before it asks.
  const more = await admitted(gateways, 20, { client: '10.0.0.2' });
  assert.ok(more <= 4, `${more} more`);
  await appliesOnce(gateways, 100, { client: '10.0.0.3' });
});

test(
  'a Redis that hangs holds no request up, and what was admitted meanwhile is charged',
  { skip: redisMissing },
  async (t) => {
    const fleet = await startFleet(t, DEFAULT);
    await areShared(fleet);
    const { gateways, redis } = fleet;
    redis.pause();
    t.after(() => redis.resume());
    assert.equal(await admitted(gateways, 30), 30);
    await areLost(fleet);
    assert.equal(await admitted(gateways, 30), 30);
    redis.resume();
    await areLost(fleet, 'shared');
    const rest = await admitted(gateways, 120);
    assert.ok(rest >= 38 && rest <= 42, `${rest} of 40 left`);
  },
);

test('a gateway starts without Redis, alone with the limit, and shares it later', { skip: redisMissing }, async (t) => {
  const proxy = await startTcpProxy(1);
  t.after(() => proxy.close());
  const fleet = await startFleet(t, DEFAULT, 1, () => `{ url: "redis://127.0.0.1:${proxy.port}" }`);
  await areLost(fleet);
  assert.equal(await admitted(fleet.gateways, 120), 100);
  assert.equal((await fleet.gateways[0]!.admin('/readyz')).status, 200);
});

test('a body that comes while the limit is asked for arrives whole', { skip: redisMissing }, async (t) => {
  const limits = `rate_limit: { shared: { wait: 2s, lost_after: 4s, strict: true }, default: { capacity: 100, ${SLOW} } }`;
  const redis = await startRedis(t);
  const proxy = await startTcpProxy(redis.port);
  t.after(() => proxy.close());
  const backend = await startEchoBackend();
  t.after(() => backend.close());
  const yaml = gatewayYaml([backend.url], `redis: { url: "redis://127.0.0.1:${proxy.port}" }\n${limits}`);
  const gateway = await startTestGateway(t, yaml);
  const fleet = { gateways: [gateway], redis };
  await areShared(fleet);
  proxy.freeze();
  const client = new RawClient(Number(new URL(gateway.trafficUrl).port));
  t.after(() => client.socket.destroy());
  client
    .send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n01234')
    .send('56789GET /next HTTP/1.1\r\nHost: a\r\n\r\n');
  await client.until((received) => (received.match(/HTTP\/1\.1 200/g) ?? []).length === 2);
  assert.match(client.received, /\r\n\r\n0123456789HTTP/);
  assert.deepEqual(
    backend.seen.map(({ url, body }) => [url, body]),
    [
      ['/', '0123456789'],
      ['/next', ''],
    ],
  );
});
