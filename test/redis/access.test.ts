import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';

import { redisScript } from '../../src/redis/redis-script.ts';
import { eventually } from '../support/eventually.ts';
import { clientAuthority } from '../support/client-authority.ts';
import { authority } from '../support/issued.ts';
import { freePort } from '../support/free-port.ts';
import { openLink } from '../support/redis-client.ts';
import { redisMissing, startRedis, startRedisCluster, type RedisServer } from '../support/redis-server.ts';
import { temporaryFolder } from '../support/sluice-process.ts';

/** As shared limits do it: it reads the clock and the key, and writes it with a time to live. */
const settle = redisScript(`
  local now = redis.call('TIME')
  local value = redis.call('GET', KEYS[1])
  redis.call('SET', KEYS[1], ARGV[1], 'PX', 60000)
  return {now[1], value}
`);
/** As gateways announce themselves. */
const beat = redisScript(`
  redis.call('HSETNX', KEYS[1], 'epoch', 'e')
  redis.call('HSET', KEYS[1], 'gw-1', '1', 'gw-2', '2')
  redis.call('HDEL', KEYS[1], 'gw-1')
  redis.call('PEXPIRE', KEYS[1], 60000)
  return redis.call('HGETALL', KEYS[1])
`);

describe('access to Redis', { skip: redisMissing, concurrency: 4 }, () => {
  test('a wrong password is reported as such, without the password, until it is right', async (t) => {
    const server = await startRedis(t, {
      config: ['requirepass secret'],
      cliFlags: ['--no-auth-warning', '-a', 'secret'],
    });
    const { run, isUp, changes, log } = openLink(t, { url: server.url, password: 'wr0ng' });
    await eventually('it was told', () => changes.length > 0);
    const refused = await run(settle, 'sluice:a', ['1']);
    assert.equal(refused.kind, 'down');
    assert.match(refused.message, /WRONGPASS/);
    await server.cli('CONFIG', 'SET', 'requirepass', 'wr0ng');
    await isUp();
    assert.equal((await run(settle, 'sluice:a', ['1'])).kind, 'ok');
    assert.deepEqual(changes, ['auth', 'up']);
    assert.doesNotMatch(JSON.stringify(log.lines), /wr0ng/);
  });

  test('a missing password, and one that the server does not ask for', async (t) => {
    const closed = await startRedis(t, { config: ['requirepass secret'] });
    const without = openLink(t, { url: closed.url });
    const open = await startRedis(t);
    const needless = openLink(t, { url: open.url, password: 'secret' });
    await eventually('both were told', () => without.changes.length > 0 && needless.changes.length > 0);
    assert.deepEqual([without.changes[0], needless.changes[0]], ['auth', 'auth']);
  });

  test('the documented ACL is enough, and keys of others stay closed', async (t) => {
    const [rule] = documentedRules();
    const server = await startRedis(t, { config: [rule!] });
    const { run, link, ping, isUp, isDown, changes, log } = openLink(t, {
      url: `unix://sluice:secret@${server.socket}`,
    });
    await isUp();
    assert.equal((await run(settle, 'sluice:b:id:a', ['1'])).kind, 'ok');
    assert.deepEqual((await run(beat, 'sluice:{fleet}')).reply, ['epoch', 'e', 'gw-2', '2']);
    assert.equal((await ping()).kind, 'ok');
    const logged = await server.cli('ACL', 'LOG');
    assert.equal(logged, '', 'nothing that the gateway did was refused');
    assert.equal((await run(settle, 'other:a', ['1'])).kind, 'noperm');
    await assert.rejects(link.command(['FLUSHALL'], 5000), { kind: 'noperm' });
    assert.deepEqual(changes, ['up']);
    await server.cli('ACL', 'DELUSER', 'sluice');
    await isDown();
    await eventually('it was told', () => log.lines.some(({ details }) => /"auth"/.test(JSON.stringify(details))));
  });

  test('the documented ACL for a Cluster, a database and the Sentinels', async (t) => {
    const [rule, sentinelRule] = documentedRules();
    const [[node], other] = await Promise.all([
      startRedisCluster(t, 1, [`${rule} +cluster|slots +asking`]),
      startRedis(t, { config: [`${rule} +select`] }),
    ]);
    const sentinel = await startRedis(t, {
      isSentinel: true,
      config: [`sentinel monitor limits ${other.host} ${other.port} 1`, sentinelRule!],
    });
    const user = { username: 'sluice', password: 'secret' };
    const links = [
      openLink(t, { nodes: [`${node!.host}:${node!.port}`], ...user }),
      openLink(t, { url: `redis://${other.host}:${other.port}/2`, ...user }),
      openLink(t, {
        sentinel: { name: 'limits', nodes: [`${sentinel.host}:${sentinel.port}`], ...user },
        db: 3,
        ...user,
      }),
    ];
    for (const { run, isUp } of links) {
      await isUp();
      await eventually('it works', async () => (await run(settle, 'sluice:a', ['1'])).kind === 'ok');
    }
    for (const { cli } of [node!, other, sentinel]) assert.equal(await cli('ACL', 'LOG'), '');
    assert.equal(await other.cli('-n', '3', 'GET', 'sluice:a'), '1');
  });

  test('without INFO, it works and checks nothing', async (t) => {
    const rule = 'user sluice on >secret ~sluice:* +evalsha +script|load +time +get +set +ping';
    const server = await startRedis(t, { config: [rule] });
    const { run, isUp } = openLink(t, { url: `unix://sluice:secret@${server.socket}` });
    await isUp();
    assert.equal((await run(settle, 'sluice:a', ['1'])).kind, 'ok');
  });

  test('a user who may not load scripts is told so', async (t) => {
    const server = await startRedis(t, { config: ['user sluice on >secret ~sluice:* +evalsha +ping'] });
    const { run, isUp } = openLink(t, { url: `unix://sluice:secret@${server.socket}` });
    await isUp();
    const refused = await run(settle, 'sluice:a', ['1']);
    assert.equal(refused.kind, 'noperm');
    assert.match(refused.message, /script\|load/);
  });

  test('the database of the URL is used', async (t) => {
    const server = await startRedis(t);
    const { run, isUp } = openLink(t, { url: `redis://127.0.0.1:${server.port}/3` });
    await isUp();
    await run(settle, 'sluice:a', ['1']);
    assert.equal(await server.cli('-n', '3', 'GET', 'sluice:a'), '1');
  });

  test('a server without RESP3, as Redis 5 is', async (t) => {
    const server = await startRedis(t, { config: ['rename-command HELLO ""'] });
    const { run, isUp } = openLink(t, { url: server.url });
    await isUp();
    assert.equal((await run(settle, 'sluice:a', ['1'])).kind, 'ok');
  });

  test('TLS: an authority of its own, and no other one', async (t) => {
    const { server, caPem, port } = await startTlsRedis(t);
    const url = `rediss://127.0.0.1:${port}`;
    const right = openLink(t, { url, tls: tls({ caPem }) });
    await right.isUp();
    assert.equal((await right.run(settle, 'sluice:a', ['1'])).kind, 'ok');
    const other = openLink(t, { url, tls: tls({ caPem: authority('other').cert }) });
    const system = openLink(t, { url });
    const misnamed = openLink(t, { url, tls: tls({ caPem, serverName: 'redis.example' }) });
    const plain = openLink(t, { url: `redis://127.0.0.1:${port}` });
    await eventually('all were told', () =>
      [other, system, misnamed, plain].every(({ changes }) => changes.length > 0),
    );
    assert.match((await other.run(settle, 'a')).message, /certificate/);
    assert.match((await system.run(settle, 'a')).message, /certificate/);
    assert.match((await misnamed.run(settle, 'a')).message, /redis\.example/);
    assert.equal((await plain.run(settle, 'a')).kind, 'down');
    void server;
  });

  test('TLS: a client certificate, and a name that the host is not', async (t) => {
    const { caPem, port, client } = await startTlsRedis(t, ['tls-auth-clients yes']);
    const url = `rediss://127.0.0.1:${port}`;
    const right = openLink(t, { url, tls: tls({ caPem, ...client, serverName: 'redis.internal' }) });
    await right.isUp();
    assert.equal((await right.run(settle, 'sluice:a', ['1'])).kind, 'ok');
    const without = openLink(t, { url, tls: tls({ caPem }) });
    await eventually('it was told', () => without.changes.length > 0);
    assert.equal(without.changes[0], 'down');
  });

  test('TLS: the Sentinels, and the master that they name', async (t) => {
    const { caPem, port, identity } = await startTlsRedis(t);
    const sentinelPort = await freePort();
    await startRedis(t, {
      isSentinel: true,
      config: [
        ...identity,
        `tls-port ${sentinelPort}`,
        'tls-auth-clients no',
        'tls-replication yes',
        `sentinel monitor limits 127.0.0.1 ${port} 1`,
      ],
    });
    const sentinel = { name: 'limits', nodes: [`127.0.0.1:${sentinelPort}`], username: null, password: null };
    const right = openLink(t, { sentinel, tls: tls({ caPem }) });
    await right.isUp();
    assert.equal((await right.run(settle, 'sluice:a', ['1'])).kind, 'ok');
    const other = openLink(t, { sentinel, tls: tls({ caPem: authority('other').cert }) });
    const plain = openLink(t, { sentinel });
    await eventually('both were told', () => [other, plain].every(({ changes }) => changes.length > 0));
    assert.match((await other.run(settle, 'a')).message, /no Sentinel knows where limits is: .*certificate/);
    assert.equal((await plain.run(settle, 'a')).kind, 'down');
  });
});

/** Of the server, and of the Sentinels. */
function documentedRules(): readonly string[] {
  const rules = readFileSync('docs/redis.md', 'utf8').match(/^user sluice .*$/gm) ?? [];
  assert.equal(rules.length, 2, 'docs/redis.md has two rules');
  return rules.map((rule) => rule.replace('PASSWORD', 'secret'));
}

type TlsSettings = NonNullable<Parameters<typeof openLink>[1]['tls']>;

function tls(settings: Partial<TlsSettings>): TlsSettings {
  const files = { caFile: null, certFile: null, keyFile: null };
  return { ...files, caPem: null, certPem: null, keyPem: null, serverName: null, ...settings };
}

interface TlsRedis {
  readonly server: RedisServer;
  readonly port: number;
  readonly caPem: string;
  /** A certificate that it accepts. */
  readonly client: { readonly certPem: string; readonly keyPem: string };
  /** Configuration of another server with its certificate, that trusts its authority. */
  readonly identity: readonly string[];
}

async function startTlsRedis(t: TestContext, config = ['tls-auth-clients no']): Promise<TlsRedis> {
  const folder = temporaryFolder(t);
  const own = authority('redis root');
  const { cert, key } = own.issue(['127.0.0.1', 'redis.internal']);
  const callers = clientAuthority('gateways');
  t.after(() => callers.close());
  const client = callers.issue('gateway');
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const port = await freePort();
  const pair = [`tls-cert-file ${file('cert.pem', cert)}`, `tls-key-file ${file('key.pem', key)}`];
  const server = await startRedis(t, {
    config: [`tls-port ${port}`, `tls-ca-cert-file ${file('ca.pem', callers.cert)}`, ...pair, ...config],
  });
  return {
    server,
    port,
    caPem: own.cert,
    client: { certPem: client.cert, keyPem: client.key },
    identity: [...pair, `tls-ca-cert-file ${file('own-ca.pem', own.cert)}`],
  };
}
