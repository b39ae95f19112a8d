/**
 * What may happen to Redis, or on the way to it, with whole gateways: never an answer of 500 or above, never more than a
 * share without it, never nothing. The limits refill too slowly to matter.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { slotOf } from '../../src/redis/core/cluster-slot.ts';
import { startEchoBackend } from '../support/echo-backend.ts';
import { eventually } from '../support/eventually.ts';
import { gatewayYaml, type TestGateway } from '../support/gateway.ts';
import { httpRequest } from '../support/http-request.ts';
import { admitted, appliesOnce, areLost, areShared, sharing, startFleet } from '../support/limit-fleet.ts';
import {
  redisMissing,
  type RedisServer,
  startRedis,
  startRedisCluster,
  startSentinels,
} from '../support/redis-server.ts';
import { runGatewayProcess, type RunningGateway } from '../support/sluice-process.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';

const SLOW = 'rate_per_second: 0.0001';
/** However busy this machine is, Redis is waited for, unless the connection to it ends. */
const PATIENT = 'shared: { wait: 20s, lost_after: 40s }';
const DEFAULT = `rate_limit: { ${PATIENT}, default: { capacity: 100, ${SLOW} } }`;
const only = (gateway: number) => (): number => gateway;

async function isInMode(gateway: TestGateway, mode: string): Promise<void> {
  await eventually(`it is ${mode}`, async () => (await sharing(gateway)).mode === mode);
}

for (const [name, fail, mend] of [
  ['is full', ({ cli }) => cli('CONFIG', 'SET', 'maxmemory', '1'), ({ cli }) => cli('CONFIG', 'SET', 'maxmemory', '0')],
  ['becomes a replica', ({ cli }) => cli('REPLICAOF', '127.0.0.1', '1'), ({ cli }) => cli('REPLICAOF', 'NO', 'ONE')],
  [
    'wants a password',
    async ({ cli }) => {
      await cli('CONFIG', 'SET', 'requirepass', 'secret');
      await cli('-a', 'secret', 'CLIENT', 'KILL', 'TYPE', 'normal');
    },
    ({ cli }) => cli('-a', 'secret', 'CONFIG', 'SET', 'requirepass', ''),
  ],
  [
    'has too few replicas to take a write',
    ({ cli }) => cli('CONFIG', 'SET', 'min-replicas-to-write', '1'),
    ({ cli }) => cli('CONFIG', 'SET', 'min-replicas-to-write', '0'),
  ],
] as readonly (readonly [
  string,
  (redis: RedisServer) => Promise<unknown>,
  (redis: RedisServer) => Promise<unknown>,
])[]) {
  test(
    `a Redis that ${name}: each gateway admits its share, until it works again`,
    { skip: redisMissing },
    async (t) => {
      const fleet = await startFleet(t, DEFAULT);
      await areShared(fleet);
      const { gateways, redis } = fleet;
      assert.equal(await admitted(gateways, 40), 40);
      await fail(redis);
      const during = await admitted(gateways, 150);
      // Of 60 that are left. What was not charged when it happened may count once for each gateway.
      assert.ok(during >= 40 && during <= 75, `${during} of 60`);
      await areLost(fleet);
      assert.equal(await admitted(gateways, 80, { client: '10.0.0.2', at: only(0) }), 50);
      await mend(redis);
      await areLost(fleet, 'shared');
      const later = await admitted(gateways, 60);
      assert.ok(Math.abs(40 + during + later - Math.max(100, 40 + during)) <= 5, `40, ${during} and ${later} of 100`);
      const rest = await admitted(gateways, 120, { client: '10.0.0.2' });
      assert.ok(rest >= 40 && rest <= 55, `${rest} of 50`);
    },
  );
}

test(
  'a gateway that alone is cut off admits its share on top, and is charged for it',
  { skip: redisMissing },
  async (t) => {
    const redis = await startRedis(t);
    const proxy = await startTcpProxy(redis.port);
    t.after(() => proxy.close());
    const fleet = await startFleet(t, DEFAULT, 2, (_own, index) => {
      return `{ url: "${index === 0 ? `redis://127.0.0.1:${proxy.port}` : redis.url}" }`;
    });
    await areShared(fleet);
    const [cut, other] = fleet.gateways as [TestGateway, TestGateway];
    proxy.freeze();
    const asked = admitted([cut], 10);
    assert.equal(await asked, 10);
    await isInMode(cut, 'lost');
    assert.equal((await sharing(other)).mode, 'shared');
    const alone = await admitted([cut], 90);
    assert.ok(alone >= 15 && alone <= 50, `${alone} of its half`);
    const others = await admitted([other], 60);
    assert.equal(others, 60);
    proxy.thaw();
    await isInMode(cut, 'shared');
    // 40 are left, and what the one admitted is charged.
    const rest = await admitted(fleet.gateways, 120);
    assert.ok(Math.abs(10 + alone + others + rest - Math.max(100, 70 + alone)) <= 10, `${alone} and ${rest}`);
  },
);

test('a key that has something else in it is one limit without Redis', { skip: redisMissing }, async (t) => {
  const fleet = await startFleet(t, DEFAULT);
  await areShared(fleet);
  const { gateways, redis } = fleet;
  await redis.cli('HSET', 'sluice:c:ip:10.0.0.1', 'a', 'b');
  await redis.cli('SET', 'sluice:c:ip:10.0.0.3', '1 nan inf -nan');
  const ok = await admitted(gateways, 300);
  assert.ok(ok >= 90 && ok <= 130, `${ok} of 100`);
  await appliesOnce(gateways, 100, { client: '10.0.0.2' });
  await appliesOnce(gateways, 100, { client: '10.0.0.3' });
});

test('a failover that loses the last writes gives nobody a new limit', { skip: redisMissing }, async (t) => {
  const { servers, sentinels } = await startSentinels(t, 3);
  const nodes = sentinels.map(({ host, port }) => `"${host}:${port}"`).join(', ');
  const fleet = await startFleet(t, DEFAULT, 2, () => `{ sentinel: { name: limits, nodes: [${nodes}] } }`);
  await areShared(fleet);
  const { gateways } = fleet;
  const [master, replica] = servers as [RedisServer, RedisServer];
  await eventually('the replica has the fleet', async () => (await replica.cli('EXISTS', 'sluice:{fleet}')) === '1');
  assert.equal(await admitted(gateways, 60), 60);
  await replica.cli('CONFIG', 'SET', 'replica-read-only', 'no');
  await master.kill();
  // As if it had not arrived.
  await replica.cli('DEL', 'sluice:c:ip:10.0.0.1');
  await areLost(fleet);
  const during = await admitted(gateways, 60);
  assert.ok(during >= 15 && during <= 55, `${during} of 40`);
  await areLost(fleet, 'shared');
  const later = await admitted(gateways, 150);
  assert.ok(60 + during + later <= 130, `60, ${during} and ${later}`);
});

test('two traffic threads at each of two gateways admit one limit', { skip: redisMissing }, async (t) => {
  const fleet = await startFleet(t, DEFAULT, 2, undefined, 2);
  await areShared(fleet);
  const first = await admitted(fleet.gateways, 200);
  assert.ok(first >= 98 && first <= 104, `${first} of 100`);
  const window = `rate_limit: { ${PATIENT}, algorithm: sliding-window, window: { limit: 100, size: 12h } }`;
  const windows = await startFleet(t, window, 2, undefined, 2);
  await areShared(windows);
  const second = await admitted(windows.gateways, 200);
  assert.ok(second >= 98 && second <= 104, `${second} of 100`);
});

/** Requests until so many were answered, over all that run: 200s. A gateway that ends answers none; the next one does. */
async function ask(gateways: () => readonly RunningGateway[], count: number): Promise<number> {
  let ok = 0;
  let next = 0;
  async function worker(): Promise<void> {
    while (next < count) {
      next += 1;
      const live = gateways();
      const status = await httpRequest(live[next % live.length]!.trafficUrl).then(
        (answer) => answer.status,
        () => 0,
      );
      assert.ok([0, 200, 429].includes(status), `status ${status}`);
      if (status === 200) ok += 1;
    }
  }
  await Promise.all(Array.from({ length: 8 }, worker));
  return ok;
}

async function areKnown(gateways: readonly RunningGateway[], redis: RedisServer, count: number): Promise<void> {
  await eventually(`${count} gateways know each other`, async () => {
    const fields = await redis.cli('HKEYS', 'sluice:{fleet}');
    return (fields.match(/^g:/gm) ?? []).length === count && gateways.length === count;
  });
}

test('a gateway that is killed takes next to nothing of a limit along', { skip: redisMissing }, async (t) => {
  const redis = await startRedis(t);
  const backend = await startEchoBackend();
  t.after(() => backend.close());
  const yaml = gatewayYaml(
    [backend.url],
    `redis: { url: "${redis.url}" }\nrate_limit: { ${PATIENT}, default: { capacity: 1000, ${SLOW} } }`,
  );
  const all = await Promise.all([runGatewayProcess(t, { yaml }), runGatewayProcess(t, { yaml })]);
  await areKnown(all, redis, 2);
  let live: readonly RunningGateway[] = all;
  const load = ask(() => live, 1600);
  await eventually('limits are in use', async () => (await redis.cli('EXISTS', 'sluice:c:ip:127.0.0.1')) === '1');
  live = [all[1]];
  all[0].child.kill('SIGKILL');
  const ok = await load;
  // Its leases are lost, and what it admitted without a charge comes on top.
  assert.ok(ok >= 900 && ok <= 1260, `${ok} of 1000`);
  await areKnown([all[1]], redis, 1);
});

test('gateways that are restarted one after the other keep their limits', { skip: redisMissing }, async (t) => {
  const redis = await startRedis(t);
  const backend = await startEchoBackend();
  t.after(() => backend.close());
  const yaml = gatewayYaml(
    [backend.url],
    `redis: { url: "${redis.url}" }\nserver: { drain_delay: 0s }\nrate_limit: { ${PATIENT}, default: { capacity: 500, ${SLOW} } }`,
  );
  let live: readonly RunningGateway[] = await Promise.all([
    runGatewayProcess(t, { yaml }),
    runGatewayProcess(t, { yaml }),
  ]);
  await areKnown(live, redis, 2);
  let ok = await ask(() => live, 300);
  for (const old of live) {
    const rest = live.filter((each) => each !== old);
    live = rest;
    const during = ask(() => live, 60);
    old.child.kill('SIGTERM');
    assert.equal(await old.exit, 0);
    ok += await during;
    live = [...rest, await runGatewayProcess(t, { yaml })];
    await areKnown(live, redis, 2);
  }
  ok += await ask(() => live, 400);
  assert.ok(ok >= 490 && ok <= 530, `${ok} of 500`);
});

test('a node of a Cluster that is away takes its own limits only', { skip: redisMissing }, async (t) => {
  const servers = await startRedisCluster(t, 3, ['cluster-require-full-coverage no']);
  const nodes = servers.map(({ host, port }) => `"${host}:${port}"`).join(', ');
  const fleet = await startFleet(t, DEFAULT, 2, () => `{ nodes: [${nodes}] }`);
  await areShared(fleet);
  const { gateways } = fleet;
  const clients = Array.from({ length: 12 }, (_, at) => `10.0.1.${at}`);
  const nodeOf = (client: string): number => nodeOfKey(`sluice:c:ip:${client}`);
  // The fleet's own key is there, too.
  const [fleetNode, otherNode] = [nodeOfKey('sluice:{fleet}'), (nodeOfKey('sluice:{fleet}') + 1) % 3];
  const [there, away] = [fleetNode, otherNode].map((node) => clients.filter((client) => nodeOf(client) === node));
  assert.equal(await admitted(gateways, 40, { client: away![0]! }), 40);
  await servers[otherNode]!.kill();
  // What was not charged when it happened may count once for each gateway.
  const rest = await admitted(gateways, 150, { client: away![0]! });
  assert.ok(rest >= 40 && rest <= 75, `${rest} of 60`);
  const share = await admitted(gateways, 150, { client: away![1]!, at: () => 0 });
  assert.ok(share >= 50 && share <= 52, `${share} of a share of 50`);
  for (const gateway of gateways) assert.equal((await sharing(gateway)).mode, 'shared');
  for (const client of there!.slice(0, 2)) await appliesOnce(gateways, 100, { client });
  assert.equal(await admitted(gateways, 20, { client: there![0]!, at: () => 1 }), 0);
  for (const gateway of gateways) assert.equal((await sharing(gateway)).mode, 'shared');
});

function nodeOfKey(key: string): number {
  return Math.floor(slotOf(key) / 5462);
}
