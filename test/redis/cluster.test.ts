import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { slotOf } from '../../src/redis/core/cluster-slot.ts';
import { redisScript } from '../../src/redis/redis-script.ts';
import { eventually } from '../support/eventually.ts';
import { openLink } from '../support/redis-client.ts';
import { meet, redisMissing, startClusterNode, startRedis, startRedisCluster } from '../support/redis-server.ts';

const put = redisScript(`redis.call('SET', KEYS[1], ARGV[1]) return {redis.call('GET', KEYS[1])}`);
const nodesOf = (servers: readonly { readonly host: string; readonly port: number }[]) =>
  servers.map(({ host, port }) => `${host}:${port}`);

describe('a Redis Cluster', { skip: redisMissing, concurrency: 2 }, () => {
  test('keys go to their nodes, and a slot is followed while it moves', async (t) => {
    const servers = await startRedisCluster(t, 3);
    const { run, link, ping, isUp, changes } = openLink(t, { nodes: nodesOf(servers.slice(0, 1)) });
    await isUp();
    await eventually('all nodes are connected', async () => {
      const outcomes = await Promise.all(Array.from({ length: 30 }, (_, at) => run(put, `k${at}`, [`${at}`])));
      return outcomes.every(({ kind, reply }, at) => kind === 'ok' && reply[0] === `${at}`);
    });
    const sizes = await Promise.all(servers.map(({ cli }) => cli('DBSIZE')));
    assert.ok(sizes.every((size) => Number(size) > 0));
    assert.equal(
      sizes.reduce((sum, size) => sum + Number(size), 0),
      30,
    );
    assert.equal((await ping()).kind, 'ok');
    assert.equal(await link.command(['GET', 'k7'], 5000), '7');

    // ASK: the slot is on its way, and a key that is not here any more, or was never, is there.
    const slot = slotOf('{moving}');
    const [from, to] = [servers[Math.floor(slot / 5462)]!, servers[(Math.floor(slot / 5462) + 1) % 3]!];
    const [fromId, toId] = await Promise.all([from.cli('CLUSTER', 'MYID'), to.cli('CLUSTER', 'MYID')]);
    assert.equal((await run(put, '{moving}:old', ['1'])).kind, 'ok');
    await to.cli('CLUSTER', 'SETSLOT', `${slot}`, 'IMPORTING', fromId);
    await from.cli('CLUSTER', 'SETSLOT', `${slot}`, 'MIGRATING', toId);
    await to.cli('SCRIPT', 'FLUSH');
    assert.deepEqual((await run(put, '{moving}:new', ['2'])).reply, ['2']);
    assert.deepEqual((await run(put, '{moving}:old', ['3'])).reply, ['3']);
    assert.equal(await from.cli('CLUSTER', 'COUNTKEYSINSLOT', `${slot}`), '1');
    assert.equal(await to.cli('CLUSTER', 'COUNTKEYSINSLOT', `${slot}`), '1');

    // MOVED: it has arrived.
    await from.cli('MIGRATE', to.host, `${to.port}`, '{moving}:old', '0', '5000');
    for (const { cli } of [to, from]) await cli('CLUSTER', 'SETSLOT', `${slot}`, 'NODE', toId);
    assert.deepEqual((await run(put, '{moving}:old', ['4'])).reply, ['4']);
    assert.equal(await to.cli('CLUSTER', 'COUNTKEYSINSLOT', `${slot}`), '2');
    assert.deepEqual(changes, ['up']);
  });

  test('a node that is away takes its keys with it, until its replica takes over', async (t) => {
    const servers = await startRedisCluster(t, 3, ['cluster-require-full-coverage no']);
    const replica = await startClusterNode(t, ['cluster-replica-validity-factor 0']);
    await meet(replica, servers[0]!);
    const masterId = await servers[0]!.cli('CLUSTER', 'MYID');
    await eventually('the replica has joined', async () =>
      /OK/.test(await replica.cli('CLUSTER', 'REPLICATE', masterId)),
    );
    await eventually('it is in sync', async () =>
      /master_link_status:up/.test(await replica.cli('INFO', 'replication')),
    );
    const { run, isUp, link, changes } = openLink(t, { nodes: nodesOf(servers) });
    await isUp();
    const keys = Array.from({ length: 30 }, (_, at) => `k${at}`);
    const kinds = async (): Promise<readonly string[]> =>
      (await Promise.all(keys.map((key) => run(put, key, ['1'], 200)))).map(({ kind }) => kind);
    await eventually('all nodes are connected', async () => (await kinds()).every((kind) => kind === 'ok'));
    await servers[0]!.kill();
    await eventually('its keys fail at once', async () => (await kinds()).includes('down'));
    const others = keys.filter((key) => slotOf(key) >= 5462);
    for (const key of others) assert.equal((await run(put, key, ['1'])).kind, 'ok');
    assert.equal(link.isUp, true);
    await eventually('the replica has taken over', async () => (await kinds()).every((kind) => kind === 'ok'));
    assert.match(await replica.cli('INFO', 'replication'), /role:master/);
    assert.deepEqual(changes, ['up']);
  });

  test('all nodes away, and back', async (t) => {
    const servers = await startRedisCluster(t, 1);
    const { run, isUp, isDown, changes } = openLink(t, { nodes: nodesOf(servers) });
    await isUp();
    await servers[0]!.kill();
    await isDown();
    assert.equal((await run(put, 'k', ['1'])).kind, 'down');
    await servers[0]!.start();
    await isUp();
    await eventually('the Cluster is up', async () => (await run(put, 'k', ['1'])).kind === 'ok');
    assert.deepEqual(changes, ['up', 'down', 'up']);
  });

  test('a slot that nobody has is refused as such', async (t) => {
    const servers = await startRedisCluster(t, 1);
    const { run, isUp } = openLink(t, { nodes: nodesOf(servers) });
    await isUp();
    await servers[0]!.cli('CLUSTER', 'DELSLOTS', `${slotOf('k')}`);
    await eventually('it is refused', async () => /clusterdown|down/.test((await run(put, 'k', ['1'])).kind));
  });

  test('a server that is no Cluster, and one that is, where the other is expected', async (t) => {
    const [single, [node, other]] = await Promise.all([startRedis(t), startRedisCluster(t, 2)]);
    const { changes, log } = openLink(t, { nodes: nodesOf([single]) });
    await eventually('it was told', () => changes.length > 0);
    assert.match(JSON.stringify(log.lines), /cluster support disabled/);
    const one = openLink(t, { url: node!.url });
    await one.isUp();
    assert.match(JSON.stringify(one.log.lines), /set redis\.nodes/);
    const elsewhere = Array.from({ length: 20 }, (_, at) => `k${at}`).find((key) => slotOf(key) >= 8192)!;
    const refused = await one.run(put, elsewhere, ['1']);
    assert.equal(refused.kind, 'moved');
    assert.match(refused.message, new RegExp(`MOVED \\d+ .*:${other!.port}`));
  });
});
