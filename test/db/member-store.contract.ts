/** What every MemberStore does. Run by the tests of each implementation. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { beforeEach, describe, it } from 'node:test';
import type { MemberStore, PushedList } from '../../src/backends/member-store.ts';

const MEMBERS = [{ address: '10.0.0.1', port: 80, weight: 1, uid: null }];

/** `open` gives the store under test; tests use pools of their own. */
export function memberStoreContract(open: () => MemberStore): void {
  describe('a store of members', () => {
    let store: MemberStore;
    let pool: string;
    beforeEach(() => {
      store = open();
      pool = randomUUID();
    });

    const pushed = async (): Promise<PushedList | undefined> =>
      (await store.pushed()).find((list) => list.pool === pool);

    it('gives back the last pushed list, its age and its version', async () => {
      const first = await store.push(pool, MEMBERS, 30);
      const second = await store.push(pool, [], null);
      assert.ok(second.version > first.version);
      assert.deepEqual([first.members, first.ttlSeconds], [MEMBERS, 30]);
      const { ageSeconds, ...list } = (await pushed())!;
      assert.deepEqual(list, { pool, members: [], ttlSeconds: null, version: second.version });
      assert.ok(ageSeconds >= 0 && ageSeconds < 30, `${ageSeconds}`);
    });

    it('keeps the version of a list that was removed', async () => {
      await store.push(pool, MEMBERS, null);
      const removed = await store.push(pool, null, null);
      assert.deepEqual([(await pushed())!.members, (await pushed())!.version], [null, removed.version]);
    });

    it('replaces only the version that was read', async () => {
      const refused = { code: 'GW_PRECONDITION_FAILED' };
      const first = await store.push(pool, MEMBERS, null, 0);
      await assert.rejects(store.push(pool, [], null, 0), refused);
      const second = await store.push(pool, [], null, first.version);
      await assert.rejects(store.push(pool, MEMBERS, null, first.version), refused);
      assert.deepEqual([(await pushed())!.members, (await pushed())!.version], [[], second.version]);
    });

    it('lets one of two that push at once have the version', async () => {
      const { version } = await store.push(pool, MEMBERS, null);
      const results = await Promise.allSettled([1, 2].map((ttl) => store.push(pool, MEMBERS, ttl, version)));
      assert.deepEqual(results.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected']);
    });

    it('keeps the last list of a source, apart from pushed ones', async () => {
      await store.cache({ pool, members: MEMBERS });
      await store.cache({ pool, members: [] });
      assert.deepEqual(
        (await store.cached()).filter((list) => list.pool === pool),
        [{ pool, members: [] }],
      );
      assert.equal(await pushed(), undefined);
    });
  });
}
