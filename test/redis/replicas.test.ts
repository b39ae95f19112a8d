import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { redisScript } from '../../src/redis/redis-script.ts';
import { eventually } from '../support/eventually.ts';
import { openLink } from '../support/redis-client.ts';
import { redisMissing, startRedis, startSentinels } from '../support/redis-server.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';

const put = redisScript(`redis.call('SET', KEYS[1], ARGV[1]) return {redis.call('GET', KEYS[1])}`);

describe('replicas and Sentinels', { skip: redisMissing, concurrency: 3 }, () => {
  test('a server that becomes a replica is left, and used again once it is a master', async (t) => {
    const [master, server] = await Promise.all([startRedis(t), startRedis(t)]);
    const { run, isUp, changes } = openLink(t, { url: server!.url });
    await isUp();
    await server!.cli('REPLICAOF', master!.host, `${master!.port}`);
    await eventually('it is refused', async () => (await run(put, 'k', ['1'])).kind !== 'ok');
    await eventually('it was told', () => changes.length > 1);
    assert.match((await run(put, 'k', ['1'])).message, /replica|READONLY|LOADING/);
    await server!.cli('REPLICAOF', 'NO', 'ONE');
    await isUp();
    assert.equal((await run(put, 'k', ['1'])).kind, 'ok');
    assert.equal(changes.at(-1), 'up');
    assert.match(changes[1]!, /readonly|loading/);
  });

  test('a server that reads its data is away until it has', async (t) => {
    const config = ['key-load-delay 2000', 'loading-process-events-interval-bytes 1024'];
    const server = await startRedis(t, { config });
    await server.cli('EVAL', `for at = 1, 1000 do redis.call('SET', 'k' .. at, string.rep('x', 100)) end`, '0');
    await server.cli('SAVE');
    const { run, isUp, changes, log } = openLink(t, { url: server.url });
    await isUp();
    await server.kill();
    const started = server.start();
    await eventually('it was seen loading', () => /"loading"/.test(JSON.stringify(log.lines)));
    await started;
    await isUp();
    assert.equal((await run(put, 'k', ['1'])).kind, 'ok');
    assert.deepEqual(changes, ['up', 'down', 'up']);
  });

  test('the master is the one that the Sentinels name, also after it was killed', async (t) => {
    const { servers, sentinels } = await startSentinels(t, 3);
    const [master, replica] = servers;
    const { run, isUp, isDown, changes, log } = openLink(t, {
      sentinel: {
        name: 'limits',
        nodes: sentinels.map(({ host, port }) => `${host}:${port}`),
        username: null,
        password: null,
      },
    });
    await isUp();
    assert.equal((await run(put, 'k', ['1'])).kind, 'ok');
    await eventually('the replica has it', async () => (await replica!.cli('GET', 'k')) === '1');
    // One Sentinel is away, too.
    await Promise.all([master!.kill(), sentinels[0]!.kill()]);
    await isDown();
    const refused = await run(put, 'k', ['2']);
    assert.equal(refused.kind, 'down');
    assert.ok(refused.ms < 1000);
    await isUp();
    assert.deepEqual((await run(put, 'k', ['3'])).reply, ['3']);
    assert.match(await replica!.cli('INFO', 'replication'), /role:master/);
    assert.deepEqual(changes, ['up', 'down', 'up']);
    assert.ok(log.lines.length <= 5, `${log.lines.length} lines`);
  });

  test('an unknown master, and Sentinels that nobody can reach', async (t) => {
    const { sentinels } = await startSentinels(t, 1);
    const node = `${sentinels[0]!.host}:${sentinels[0]!.port}`;
    const sentinel = { username: null, password: null };
    const unknown = openLink(t, { sentinel: { ...sentinel, name: 'other', nodes: [node] } });
    const proxy = await startTcpProxy(sentinels[0]!.port);
    t.after(() => proxy.close());
    proxy.freeze();
    const silent = openLink(t, {
      sentinel: { ...sentinel, name: 'limits', nodes: [`127.0.0.1:${proxy.port}`] },
      connectTimeoutMs: 100,
    });
    await eventually('both were told', () => unknown.changes.length > 0 && silent.changes.length > 0);
    assert.match(JSON.stringify(unknown.log.lines), /no Sentinel knows where other is/);
    assert.deepEqual(silent.changes, ['timeout']);
    // One that answers is enough.
    const oneLeft = openLink(t, {
      sentinel: { ...sentinel, name: 'limits', nodes: [`127.0.0.1:${proxy.port}`, node] },
      connectTimeoutMs: 100,
    });
    await oneLeft.isUp();
  });
});
