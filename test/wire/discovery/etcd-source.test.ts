/** Against real servers of etcd. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { Compacted, EtcdClient, type EtcdProvider } from '../../../src/discovery/control/sources/etcd/etcd-client.ts';
import { createEtcdSource } from '../../../src/discovery/control/sources/etcd/etcd-source.ts';
import { base64, etcdMissing, startEtcd, startEtcdCluster } from '../../support/etcd-server.ts';
import { eventually } from '../../support/eventually.ts';
import { authority } from '../../support/issued.ts';
import { registryWorld } from '../../support/registry-world.ts';

const PREFIX = '/sluice/backends/web/';
const skip = etcdMissing;
const NO_TLS = { read: async () => ({}) };
const member = (host: number): object => ({ address: `10.0.0.${host}`, port: 8080 });
const shown = (...hosts: readonly number[]): readonly string[] => hosts.map((host) => `10.0.0.${host}:8080`);

function watchFrom(t: TestContext, urls: readonly string[], more: Partial<EtcdProvider> = {}) {
  const world = registryWorld();
  const provider = { urls, user: null, password: null, tls: NO_TLS, ...more };
  const source = createEtcdSource({ prefix: PREFIX }, provider, 'http', world.ports);
  world.start(t, source);
  return {
    ...world,
    source,
    /** Takes reports until one lists just these. */
    until: async (...hosts: readonly number[]) => {
      const wanted = shown(...hosts).join();
      while ((await world.nextMembers()).join() !== wanted);
    },
  };
}

test('keys with the prefix are members, and changes follow from the watch', { skip }, async (t) => {
  const etcd = await startEtcd(t);
  await etcd.put(`${PREFIX}a`, member(1));
  await etcd.put('/sluice/backends/web0', member(9));
  const { source, next, until, nextMembers } = watchFrom(t, [`${etcd.url}/`]);
  assert.deepEqual(await nextMembers(), shown(1));
  await etcd.put(`${PREFIX}b`, { url: 'http://10.0.0.2:8080', weight: 3, zone: 'eu-1a' });
  await until(1, 2);
  await etcd.put(`${PREFIX}a`, member(3));
  await until(2, 3);
  await etcd.put(`${PREFIX}broken`, '{"url":');
  let answer = await next();
  while (answer.kind === 'list' && answer.refused.length === 0) answer = await next();
  assert.deepEqual(answer.kind === 'list' && answer.refused, [`key ${PREFIX}broken: the value is not JSON`]);
  for (const key of ['a', 'b', 'broken']) await etcd.remove(PREFIX + key);
  await until();
  assert.equal(source.isStrong, true);
});

test('a member whose lease expires leaves', { skip }, async (t) => {
  const etcd = await startEtcd(t);
  const { ID: lease } = await etcd.call('/v3/lease/grant', { TTL: 1 });
  await etcd.put(`${PREFIX}a`, member(1), { lease });
  await etcd.put(`${PREFIX}b`, member(2));
  const { nextMembers, until } = watchFrom(t, [etcd.url]);
  assert.deepEqual(await nextMembers(), shown(1, 2));
  await until(2);
});

test('while etcd is gone nothing is listed, and changes of that time follow when it is back', { skip }, async (t) => {
  const etcd = await startEtcd(t);
  await etcd.put(`${PREFIX}a`, member(1));
  const { nextMembers, nextFailure, until, retry, source, ports } = watchFrom(t, [etcd.url]);
  assert.deepEqual(await nextMembers(), shown(1));
  await etcd.kill();
  const sinceMs = ports.nowMs();
  while (ports.nowMs() - sinceMs < 30_000) {
    assert.match(await nextFailure(), /connection (refused|broke off)|aborted/);
    await retry();
  }
  await nextFailure();
  await etcd.start();
  await etcd.put(`${PREFIX}b`, member(2));
  await retry();
  await until(1, 2);
  assert.equal(source.isStrong, true);
});

test('one that comes back empty is not relied on until what it had is back', { skip }, async (t) => {
  const etcd = await startEtcd(t);
  await etcd.put(`${PREFIX}a`, member(1));
  await etcd.put(`${PREFIX}b`, member(2));
  const { nextMembers, nextFailure, until, retry, source, log } = watchFrom(t, [etcd.url]);
  assert.deepEqual(await nextMembers(), shown(1, 2));
  await etcd.kill();
  await nextFailure();
  etcd.wipe();
  await etcd.start();
  await retry();
  assert.deepEqual(await nextMembers(), []);
  assert.equal(source.isStrong, false, 'so members are held while they answer');
  assert.match(log.lines.map(({ message }) => message).join(), /emptied, restored or replaced/);
  await etcd.put(`${PREFIX}other`, member(7));
  await until(7);
  assert.equal(source.isStrong, false);
  await etcd.put(`${PREFIX}a`, member(1));
  await etcd.put(`${PREFIX}b`, member(2));
  await until(1, 2, 7);
  assert.equal(source.isStrong, true);
});

test('a watch from a compacted revision says that a list is needed', { skip }, async (t) => {
  const etcd = await startEtcd(t);
  for (let turn = 1; turn <= 5; turn += 1) await etcd.put(`${PREFIX}a`, member(turn));
  const { header } = await etcd.call('/v3/kv/range', { key: base64(PREFIX) });
  await etcd.call('/v3/kv/compaction', { revision: (header as { revision: string }).revision });
  const client = new EtcdClient({ urls: [etcd.url], user: null, password: null, tls: NO_TLS });
  const { schedule, lookup } = registryWorld().ports;
  const watch = client.watch(PREFIX, 2n, { signal: new AbortController().signal, schedule, lookup }, 60_000);
  // The first answer says that the watch exists.
  await assert.rejects(async () => {
    for await (const answers of watch)
      assert.deepEqual(
        answers.flatMap(({ events }) => events),
        [],
      );
  }, Compacted);
});

test('one member of a cluster may fail, a majority may not', { skip }, async (t) => {
  const [first, second, third] = await startEtcdCluster(t, 3);
  await first!.put(`${PREFIX}a`, member(1));
  const urls = [first!, second!, third!].map(({ url }) => url);
  const { nextMembers, nextFailure, until, retry, untilNextTask } = watchFrom(t, urls);
  assert.deepEqual(await nextMembers(), shown(1));
  await eventually('it watches', () => untilNextTask()! > 100_000);
  await first!.kill();
  assert.match(await nextFailure(), /connection broke off|aborted/);
  await eventually('the others have a leader', () =>
    second!.put(`${PREFIX}b`, member(2)).then(
      () => true,
      () => false,
    ),
  );
  await retry();
  await until(1, 2);
  await eventually('it watches', () => untilNextTask()! > 100_000);
  await third!.kill();
  assert.match(await nextFailure(), /no leader|connection broke off|aborted/);
});

test('a user reads with a password, also after etcd has forgotten the token', { skip }, async (t) => {
  const etcd = await startEtcd(t);
  await etcd.put(`${PREFIX}a`, member(1));
  for (const name of ['root', 'sluice', 'other']) {
    await etcd.call('/v3/auth/user/add', { name, password: 'secret' });
    await etcd.call('/v3/auth/role/add', { name }).catch(() => undefined);
    await etcd.call('/v3/auth/user/grant', { user: name, role: name });
  }
  const perm = { permType: 'READ', key: base64(PREFIX), range_end: base64(PREFIX.replace(/\/$/, '0')) };
  await etcd.call('/v3/auth/role/grant', { name: 'sluice', perm });
  await etcd.call('/v3/auth/enable', {});

  const { nextMembers, nextFailure, retry, until } = watchFrom(t, [etcd.url], { user: 'sluice', password: 'secret' });
  assert.deepEqual(await nextMembers(), shown(1));
  await etcd.kill();
  await nextFailure();
  await etcd.start();
  await retry();
  await until(1);

  const failureOf = (more: Partial<EtcdProvider>): Promise<string> => watchFrom(t, [etcd.url], more).nextFailure();
  assert.equal(await failureOf({}), 'etcd requires authentication: set user and password');
  assert.equal(
    await failureOf({ user: 'sluice', password: 'wrong' }),
    'etcd does not accept the password of user sluice',
  );
  assert.equal(
    await failureOf({ user: 'other', password: 'secret' }),
    'user other needs a role with permission to read the prefix (403): etcdserver: permission denied',
  );
});

test('a user is no harm where etcd has no authentication', { skip }, async (t) => {
  const etcd = await startEtcd(t);
  await etcd.put(`${PREFIX}a`, member(1));
  assert.deepEqual(await watchFrom(t, [etcd.url], { user: 'sluice', password: 'x' }).nextMembers(), shown(1));
});

test('it works over TLS', { skip }, async (t) => {
  const ca = authority('etcd root');
  const etcd = await startEtcd(t, { authority: ca });
  const { nextMembers } = watchFrom(t, [etcd.url], { tls: { read: async () => ({ ca: ca.cert }) } });
  assert.deepEqual(await nextMembers(), []);
  assert.match(await watchFrom(t, [etcd.url]).nextFailure(), /unable to verify/);
});
