/** What every QuotaStore does. Run by the tests of each implementation. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { beforeEach, describe, it } from 'node:test';
import type { QuotaStore, StoredQuotaUse } from '../../src/limits/quotas/quota-store.ts';

const DAY_MS = 86_400_000;
/** Of a period that is not over. */
const END_MS = Math.ceil(Date.now() / DAY_MS) * DAY_MS + DAY_MS;

/** `open` gives the store under test; tests use ids of their own. */
export function quotaStoreContract(open: () => QuotaStore): void {
  describe('a store of what is used of quotas', () => {
    let store: QuotaStore;
    let id: string;
    beforeEach(() => {
      store = open();
      id = randomUUID().replaceAll('-', '');
    });

    const use = (period: number, used: number, of = id): StoredQuotaUse => ({
      id: of,
      period,
      used,
      endsAt: new Date(END_MS + period * DAY_MS),
    });
    const stored = async (): Promise<readonly StoredQuotaUse[]> => {
      const all: StoredQuotaUse[] = [];
      for await (const page of store.load()) all.push(...page);
      return all.filter((each) => each.id.startsWith(id));
    };

    it('adds up what gateways have counted in a period', async () => {
      assert.deepEqual(await store.add([use(5, 3)]), [use(5, 3)]);
      assert.deepEqual(await store.add([use(5, 4)]), [use(5, 7)]);
      assert.deepEqual(await stored(), [use(5, 7)]);
    });

    it('begins anew in the next period, and counts what comes late in that', async () => {
      await store.add([use(5, 3)]);
      assert.deepEqual(await store.add([use(6, 1)]), [use(6, 1)]);
      assert.deepEqual(await store.add([use(5, 2)]), [use(6, 3)]);
    });

    it('comes back from a period that only a wrong clock could reach, with what was used', async () => {
      await store.add([use(400, 9)]);
      assert.deepEqual(await store.add([use(5, 1)]), [use(5, 10)]);
    });

    it('takes many at once, in any order', async () => {
      const many = Array.from({ length: 1000 }, (_, at) => use(5, at + 1, `${id}${at}`)).toReversed();
      await store.add(many);
      const twice = await store.add(many);
      assert.equal(twice.length, 1000);
      const all = await stored();
      assert.equal(all.length, 1000);
      assert.equal(
        all.reduce((sum, { used }) => sum + used, 0),
        2 * 500_500,
      );
      assert.deepEqual(await store.add([]), []);
    });

    it('does not load a period that is over, and removes it after a day', async () => {
      const over = (ageMs: number, of: string): StoredQuotaUse => ({
        ...use(5, 1, of),
        endsAt: new Date(Date.now() - ageMs),
      });
      await store.add([over(60_000, `${id}a`), over(2 * DAY_MS, `${id}b`), use(5, 1, `${id}c`)]);
      assert.deepEqual(
        (await stored()).map((each) => each.id),
        [`${id}c`],
      );
      assert.equal(await store.prune(), 1);
      assert.equal(await store.prune(), 0);
      const [kept] = await store.add([{ ...over(60_000, `${id}a`), used: 1 }]);
      assert.equal(kept!.used, 2);
    });
  });
}
