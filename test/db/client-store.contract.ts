/** What every ClientStore does. Run by the tests of each implementation. */
import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { BucketLevel, ClientStore, NewClient, StoredClient } from '../../src/limits/client-store.ts';

const alice: NewClient = {
  key: 'alice',
  kind: 'id',
  name: 'Alice & Söhne',
  capacity: 100,
  ratePerSecond: 0.1,
  algorithm: 'token-bucket',
  windowSeconds: null,
  enabled: true,
  apiKeyHash: 'a'.repeat(64),
  quotaDay: null,
  quotaMonth: null,
};
const office: NewClient = { ...alice, key: '10.0.0.0/8', kind: 'cidr', name: null, apiKeyHash: null };
const EVERYTHING = { limit: 1000, offset: 0 };

/** `open` gives the store under test; the suite empties it before each test. */
export function clientStoreContract(open: () => ClientStore): void {
  describe('a client store', () => {
    let store: ClientStore;
    beforeEach(async () => {
      store = open();
      for (const client of await allOf(store.all())) await store.remove(client.key);
    });

    it('returns a created client with a version and both dates', async () => {
      const before = Date.now();
      const { version, createdAt, updatedAt, ...rest } = await store.create(alice);
      assert.deepEqual(rest, alice);
      assert.ok(Number.isSafeInteger(version) && version > 0, String(version));
      assert.deepEqual(createdAt, updatedAt);
      assert.ok(Math.abs(createdAt.getTime() - before) < 60_000, createdAt.toISOString());
    });

    it('gives back what it was given, numbers to the last bit', async () => {
      const created = await store.create({ ...alice, capacity: 1e9, ratePerSecond: 0.1 + 0.2 });
      assert.deepEqual(await store.get('alice'), created);
      assert.equal(created.ratePerSecond, 0.30000000000000004);
    });

    it('keeps a sliding window, and turns it back into a token bucket', async () => {
      const window = { ...alice, algorithm: 'sliding-window', windowSeconds: 0.1 + 0.2 } as const;
      const created = await store.create(window);
      assert.deepEqual([created.algorithm, created.windowSeconds], ['sliding-window', 0.30000000000000004]);
      const updated = await store.update('alice', { algorithm: 'token-bucket', windowSeconds: null });
      assert.deepEqual([updated!.algorithm, updated!.windowSeconds], ['token-bucket', null]);
    });

    it('keeps quotas, of which none is the default', async () => {
      const created = await store.create({ ...alice, quotaDay: 1, quotaMonth: 1_000_000_000 });
      assert.deepEqual([created.quotaDay, created.quotaMonth], [1, 1_000_000_000]);
      const updated = await store.update('alice', { quotaDay: null });
      assert.deepEqual([updated!.quotaDay, updated!.quotaMonth], [null, 1_000_000_000]);
      const { quotaDay, quotaMonth, ...without } = office;
      const plain = await store.create(without);
      assert.deepEqual([plain.quotaDay, plain.quotaMonth], [quotaDay, quotaMonth]);
    });

    it('answers undefined for a key it does not have', async () => {
      assert.equal(await store.get('nobody'), undefined);
    });

    it('distinguishes keys by case', async () => {
      await store.create(alice);
      assert.equal(await store.get('ALICE'), undefined);
    });

    it('refuses a key that is taken, and keeps the client as it was', async () => {
      const created = await store.create(alice);
      await assert.rejects(store.create({ ...office, key: 'alice' }), { code: 'GW_CLIENT_EXISTS' });
      assert.deepEqual(await store.get('alice'), created);
    });

    it('lets one of two creations of one key at the same time win', async () => {
      const outcomes = await Promise.allSettled([store.create(alice), store.create({ ...alice, apiKeyHash: null })]);
      assert.deepEqual(outcomes.map((outcome) => outcome.status).toSorted(), ['fulfilled', 'rejected']);
    });

    it('changes the named fields only, counts the version up and keeps the creation date', async () => {
      const created = await store.create(alice);
      const updated = await store.update('alice', { capacity: 5, name: null });
      const { version, updatedAt } = updated!;
      assert.deepEqual(updated, { ...created, capacity: 5, name: null, version, updatedAt });
      assert.ok(version > created.version);
      assert.ok(updatedAt.getTime() >= created.updatedAt.getTime());
      assert.deepEqual(await store.get('alice'), updated);
    });

    it('answers undefined for an update of a client it does not have, whatever the version', async () => {
      assert.equal(await store.update('nobody', { capacity: 5 }), undefined);
      assert.equal(await store.update('nobody', { capacity: 5 }, 1), undefined);
    });

    it('refuses an update for another version and changes nothing', async () => {
      const created = await store.create(alice);
      await assert.rejects(store.update('alice', { capacity: 5 }, created.version + 1), {
        code: 'GW_PRECONDITION_FAILED',
      });
      assert.deepEqual(await store.get('alice'), created);
    });

    it('lets exactly one of several updates of one version through', async () => {
      const { version } = await store.create(alice);
      const updates = [1, 2, 3, 4, 5].map((capacity) => store.update('alice', { capacity }, version));
      const outcomes = await Promise.allSettled(updates);
      const through = outcomes.filter((outcome) => outcome.status === 'fulfilled');
      assert.deepEqual(
        through.map(({ value }) => value),
        [await store.get('alice')],
      );
    });

    it('loses no update when none names a version, and gives each a version of its own', async () => {
      await store.create(alice);
      const updates = await Promise.all([1, 2, 3, 4, 5].map((capacity) => store.update('alice', { capacity })));
      const versions = updates.map((updated) => updated!.version);
      assert.equal(new Set(versions).size, 5);
      assert.equal((await store.get('alice'))!.version, Math.max(...versions));
    });

    it('removes a client once', async () => {
      await store.create(alice);
      assert.equal(await store.remove('alice'), true);
      assert.equal(await store.remove('alice'), false);
      assert.equal(await store.get('alice'), undefined);
    });

    it('refuses a removal for another version, and answers false when the client is gone', async () => {
      const { version } = await store.create(alice);
      await assert.rejects(store.remove('alice', version + 7), { code: 'GW_PRECONDITION_FAILED' });
      assert.equal(await store.remove('alice', version), true);
      assert.equal(await store.remove('alice', version), false);
    });

    it('never gives a version twice, to a key that was removed either', async () => {
      const versions = [(await store.create(alice)).version, (await store.update('alice', { capacity: 5 }))!.version];
      await store.remove('alice');
      versions.push((await store.create(alice)).version);
      await store.remove('alice');
      versions.push((await store.create({ ...alice, capacity: 7 })).version);
      assert.deepEqual(
        versions,
        [...new Set(versions)].toSorted((one, other) => one - other),
      );
    });

    it('lists by key in byte order, one page at a time, with the total of all pages', async () => {
      for (const key of ['b', 'a', 'B', '10.0.0.1', '_']) await store.create({ ...office, key, kind: 'id' });
      const page = await store.list({ limit: 2, offset: 1 });
      assert.deepEqual(keys(page.items), ['B', '_']);
      assert.equal(page.total, 5);
      assert.deepEqual(await store.list({ limit: 2, offset: 9 }), { items: [], total: 5 });
    });

    it('lists one kind only, and enabled or disabled ones only', async () => {
      await store.create(alice);
      await store.create({ ...office, enabled: false });
      assert.deepEqual(keys((await store.list({ ...EVERYTHING, kind: 'cidr' })).items), ['10.0.0.0/8']);
      assert.deepEqual(keys((await store.list({ ...EVERYTHING, enabled: true })).items), ['alice']);
      assert.equal((await store.list({ ...EVERYTHING, kind: 'ip' })).total, 0);
      assert.equal((await store.list({ ...EVERYTHING, kind: 'cidr', enabled: true })).total, 0);
    });

    it('searches keys and names whatever the case', async () => {
      await store.create(alice);
      await store.create(office);
      assert.deepEqual(keys((await store.list({ ...EVERYTHING, search: 'ALI' })).items), ['alice']);
      assert.deepEqual(keys((await store.list({ ...EVERYTHING, search: '& sö' })).items), ['alice']);
      assert.deepEqual(keys((await store.list({ ...EVERYTHING, search: '0/8' })).items), ['10.0.0.0/8']);
    });

    it('takes %, _ and \\ in a search as themselves', async () => {
      for (const key of ['50%', 'a_b', 'a\\b', 'axb']) await store.create({ ...office, key, kind: 'id' });
      assert.deepEqual(keys((await store.list({ ...EVERYTHING, search: '%' })).items), ['50%']);
      assert.deepEqual(keys((await store.list({ ...EVERYTHING, search: 'a_b' })).items), ['a_b']);
      assert.deepEqual(keys((await store.list({ ...EVERYTHING, search: '\\' })).items), ['a\\b']);
    });

    it('keeps the last level of each client and forgets it with the client', async () => {
      await store.create(alice);
      await store.create(office);
      await store.saveLevels([level('alice', 1.5), level('10.0.0.0/8', 7)]);
      await store.saveLevels([level('alice', 0.25)]);
      assert.deepEqual(await allOf(store.loadLevels()), [level('10.0.0.0/8', 7), level('alice', 0.25)]);
      await store.remove('alice');
      assert.deepEqual(await allOf(store.loadLevels()), [level('10.0.0.0/8', 7)]);
    });

    it('saves the other levels when the client of one is gone', async () => {
      await store.create(alice);
      await store.saveLevels([level('gone', 1), level('alice', 2)]);
      assert.deepEqual(await allOf(store.loadLevels()), [level('alice', 2)]);
      await store.saveLevels([]);
    });

    it('removes levels of buckets that are full for an hour, and no others', async () => {
      const now = new Date('2026-01-31T12:00:00.500Z');
      const ago = (key: string, seconds: number) => ({
        ...level(key, 1),
        savedAt: new Date(now.getTime() - seconds * 1000),
      });
      // Fills in 1000 s, in 60 s.
      await store.create(alice);
      await store.create({
        ...office,
        algorithm: 'sliding-window',
        capacity: 6,
        ratePerSecond: 0.1,
        windowSeconds: 60,
      });
      await store.saveLevels([ago('alice', 4599), ago('10.0.0.0/8', 3659)]);
      assert.equal(await store.pruneLevels(now), 0);
      await store.saveLevels([ago('alice', 4601)]);
      assert.equal(await store.pruneLevels(now), 1);
      assert.deepEqual(keys(await allOf<BucketLevel>(store.loadLevels())), ['10.0.0.0/8']);
      await store.saveLevels([ago('alice', -60), ago('10.0.0.0/8', 3661)]);
      assert.equal(await store.pruneLevels(now), 1);
      assert.deepEqual(keys(await allOf<BucketLevel>(store.loadLevels())), ['alice']);
    });

    it('reads more clients and levels than a page holds, each once', async () => {
      const many = Array.from({ length: 2_001 }, (_, at) => `client-${String(at).padStart(4, '0')}`);
      for (let at = 0; at < many.length; at += 100) {
        await Promise.all(many.slice(at, at + 100).map((key) => store.create({ ...office, key, kind: 'id' })));
      }
      await store.saveLevels(many.map((key, at) => level(key, at)));
      assert.deepEqual(keys(await allOf<StoredClient>(store.all())), many);
      assert.deepEqual(keys(await allOf<BucketLevel>(store.loadLevels())), many);
    });

    it('answers a ping', async () => {
      await store.ping();
    });
  });
}

function level(key: string, tokens: number): BucketLevel {
  return { key, tokens, savedAt: new Date('2026-11-21T10:00:00.123Z') };
}

function keys(rows: readonly { key: string }[]): string[] {
  return rows.map((row) => row.key);
}

async function allOf<Row>(pages: AsyncIterable<readonly Row[]>): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const page of pages) rows.push(...page);
  return rows;
}
