import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LiveClientRegistry } from '../../../../src/limits/control/client-registry.ts';
import { bucketKey } from '../../../../src/identity/client-identity.ts';
import type { DirectoryChange } from '../../../../src/identity/client-directory.ts';
import type { NewClient } from '../../../../src/limits/client-store.ts';
import { allocateClientTable } from '../../../../src/limits/client-table-memory.ts';
import { ClientTable } from '../../../../src/limits/client-table.ts';
import { limitPolicies } from '../../../../src/limits/limit-policy.ts';
import { RateLimiter } from '../../../../src/limits/rate-limiter.ts';
import { MemoryClientStore } from '../../../support/memory-client-store.ts';
import { rateLimitSettings } from '../../../support/rate-limit-settings.ts';

const rateLimit = limitPolicies(rateLimitSettings());

function fixture(maxClients = 1000) {
  const clock = { nowMs: 1000 };
  const limiter = new RateLimiter(new ClientTable(allocateClientTable(maxClients), 0), new Uint32Array([3, 4]));
  const published: DirectoryChange[] = [];
  const registry = new LiveClientRegistry({
    limiter,
    nowMs: () => clock.nowMs,
    limits: () => rateLimit,
    publish: async (changes) => void published.push(...changes),
  });
  const take = (key: string): boolean => limiter.take(limiter.hash(key), 1, rateLimit, clock.nowMs) === 'allowed';
  return { clock, limiter, registry, published, take };
}

function client(more: Partial<NewClient> & Pick<NewClient, 'key'>): NewClient {
  return {
    kind: 'id',
    name: null,
    algorithm: 'token-bucket',
    capacity: 2,
    ratePerSecond: 1,
    windowSeconds: null,
    enabled: true,
    apiKeyHash: null,
    ...more,
  };
}

test('stored clients apply after loading; disabled ones do not', async () => {
  const store = new MemoryClientStore();
  await store.create(client({ key: 'user1' }));
  await store.create(client({ key: '10.0.0.0/8', kind: 'cidr' }));
  await store.create(client({ key: 'off', enabled: false }));
  const { registry, limiter } = fixture();
  await registry.load(store);
  assert.equal(registry.size, 2);
  assert.ok(limiter.isRegistered(bucketKey('id', 'user1')));
  assert.ok(!limiter.isRegistered(bucketKey('id', 'off')));
  assert.deepEqual(registry.directory(), [{ op: 'put', key: '10.0.0.0/8', kind: 'cidr', apiKeyHash: null }]);
});

test('the threads get to know the quotas of clients, those that start later, too', async () => {
  const store = new MemoryClientStore();
  const stored = await store.create(client({ key: 'user1', quotaDay: 5 }));
  const { registry, published } = fixture();
  await registry.put(stored);
  const update = { op: 'put', key: 'user1', kind: 'id', apiKeyHash: null, quotas: { day: 5, month: null } };
  assert.deepEqual([published, registry.directory()], [[update], [update]]);
  assert.deepEqual(registry.quotas('id:user1'), { day: 5, month: null });
  assert.equal(registry.quotas('ip:user1'), undefined);
  await registry.put((await store.update('user1', { quotaDay: null }))!);
  assert.deepEqual(
    [published.at(-1), registry.directory()],
    [{ op: 'put', key: 'user1', kind: 'id', apiKeyHash: null }, []],
  );
});

test('a change rescales the bucket without refilling it, and the threads are notified', async () => {
  const store = new MemoryClientStore();
  const stored = await store.create(client({ key: 'user1', capacity: 10 }));
  const { registry, take, published } = fixture();
  await registry.put(stored);
  for (let count = 0; count < 5; count += 1) assert.ok(take('id:user1'));
  assert.equal(Math.round(registry.level('user1')!), 5);
  await registry.put((await store.update('user1', { capacity: 100 }))!);
  assert.equal(Math.round(registry.level('user1')!), 50);
  assert.equal(published.length, 2);
});

test('a client that is removed, or disabled, falls back to the default', async () => {
  const store = new MemoryClientStore();
  const { registry, limiter } = fixture();
  await registry.put(await store.create(client({ key: 'user1', apiKeyHash: 'aa' })));
  await registry.put((await store.update('user1', { enabled: false }))!);
  assert.ok(!limiter.isRegistered('id:user1'));
  assert.equal(registry.level('user1'), null);
  assert.deepEqual(registry.directory(), []);
});

test('differences from the store are found, and refreshing fixes them', async () => {
  const store = new MemoryClientStore();
  for (const key of ['same', 'changed', 'gone', 'off']) await store.create(client({ key }));
  const { registry, limiter } = fixture();
  await registry.load(store);
  await store.update('changed', { capacity: 50 });
  await store.update('off', { enabled: false });
  await store.remove('gone');
  await store.create(client({ key: 'new' }));
  const keys = await registry.differences(store);
  assert.deepEqual(keys.toSorted(), ['changed', 'gone', 'new', 'off']);
  for (const key of keys) await registry.refresh(key, store);
  assert.deepEqual(await registry.differences(store), []);
  assert.equal(registry.level('changed'), 50);
  assert.ok(limiter.isRegistered('id:new') && !limiter.isRegistered('id:gone') && !limiter.isRegistered('id:off'));
});

test('a level comes back as it was saved, plus what it gained since', async () => {
  const store = new MemoryClientStore();
  const { registry, take } = fixture();
  await registry.put(await store.create(client({ key: 'user1', capacity: 10, ratePerSecond: 1 })));
  for (let count = 0; count < 10; count += 1) take('id:user1');
  assert.deepEqual([...registry.levels(new Date(0))], [], 'none is saved before the stored ones are known');
  await registry.restoreLevels(store);
  const [saved] = [...registry.levels(new Date(0))];
  assert.equal(Math.round(saved!.tokens), 0);

  const after = fixture();
  await after.registry.load(store);
  after.registry.restore(saved!, new Date(4000));
  assert.equal(Math.round(after.registry.level('user1')!), 4);
  after.registry.restore({ key: 'nobody', tokens: 1, savedAt: new Date(0) }, new Date());
});

test('a table without room refuses a client instead of forgetting another', async () => {
  const store = new MemoryClientStore();
  const { registry } = fixture(1);
  await assert.rejects(
    async () => {
      for (let count = 0; count < 200; count += 1) await registry.put(await store.create(client({ key: `c${count}` })));
    },
    { code: 'GW_CLIENT_TABLE_FULL' },
  );
  assert.equal(registry.level('c0'), 2);
});

test('levels that come late return nothing taken meanwhile, and come once', async () => {
  const store = new MemoryClientStore();
  await store.create(client({ key: 'user1', capacity: 10, ratePerSecond: 1 }));
  await store.saveLevels([{ key: 'user1', tokens: 5, savedAt: new Date() }]);
  const { registry, take } = fixture();
  await registry.load(store);
  for (let count = 0; count < 8; count += 1) take('id:user1');
  await registry.restoreLevels(store);
  assert.equal(Math.round(registry.level('user1')!), 2);

  await store.saveLevels([{ key: 'user1', tokens: 0, savedAt: new Date() }]);
  await registry.restoreLevels(store);
  assert.equal(Math.round(registry.level('user1')!), 2, 'restored already');
});

test('a window applies, and its level survives being saved; expired requests are free again', async () => {
  const store = new MemoryClientStore();
  const window = { algorithm: 'sliding-window', capacity: 60, ratePerSecond: 1, windowSeconds: 60 } as const;
  await store.create(client({ key: 'user1', ...window }));
  const { registry, take } = fixture();
  await registry.load(store);
  await registry.restoreLevels(store);
  for (let count = 0; count < 60; count += 1) assert.ok(take('id:user1'));
  assert.ok(!take('id:user1'));
  const savedAt = new Date(0);
  assert.deepEqual([...registry.levels(savedAt)], [{ key: 'user1', tokens: 0, savedAt }]);
  const restarted = fixture();
  await restarted.registry.load(store);
  restarted.registry.restore({ key: 'user1', tokens: 0, savedAt }, new Date(20_000));
  assert.equal(restarted.registry.level('user1'), 20);
});

/** More clients than a table of one slot holds. */
async function storeOf(count: number): Promise<MemoryClientStore> {
  const store = new MemoryClientStore();
  for (let at = 0; at < count; at += 1) await store.create(client({ key: `user${at}` }));
  return store;
}

test('of more stored clients than the table holds, those that fit apply and the others are counted', async () => {
  const store = await storeOf(300);
  const { registry } = fixture(1);
  await registry.load(store);
  assert.ok(registry.size > 0 && registry.leftOut > 0);
  assert.equal(registry.size + registry.leftOut, 300);
  assert.deepEqual(await registry.differences(store), [], 'there is no use in trying again');
});

test('a client that was left out is added when another is removed, and forgotten when it is removed itself', async () => {
  const store = await storeOf(300);
  const { registry, clock } = fixture(1);
  await registry.load(store);
  const { size, leftOut } = registry;
  const out = [];
  for await (const page of store.all()) out.push(...page.filter(({ key }) => registry.level(key) === null));

  await store.remove(out[0]!.key);
  await registry.refresh(out[0]!.key, store);
  assert.deepEqual([registry.size, registry.leftOut], [size, leftOut - 1]);

  for await (const page of store.all()) {
    for (const { key } of page) if (registry.level(key) !== null) await store.remove(key);
  }
  for (const key of await registry.differences(store)) await registry.refresh(key, store);
  clock.nowMs += 1;
  for (const key of await registry.differences(store)) await registry.refresh(key, store);
  assert.ok(registry.size > 0);
  assert.equal(registry.size + registry.leftOut, leftOut - 1);
});

test('a client that another gateway adds to a full table is left out, one that our own API adds is refused', async () => {
  const store = await storeOf(300);
  const { registry } = fixture(1);
  await registry.load(store);
  const { leftOut } = registry;
  const added = await store.create(client({ key: 'added' }));
  await registry.refresh('added', store);
  assert.equal(registry.leftOut, leftOut + 1);
  await assert.rejects(registry.put(added), { code: 'GW_CLIENT_TABLE_FULL' });
});
