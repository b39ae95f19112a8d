/** What every AuditStore does. Run by the tests of each implementation. */
import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { AuditEntry, AuditStore } from '../../src/audit/audit-store.ts';

const ENTRY: AuditEntry = {
  at: new Date('2026-01-31T12:00:00.123Z'),
  actor: 'deploy',
  role: 'operator',
  address: '192.0.2.7',
  action: 'changeClient',
  target: 'alice',
  status: 200,
  before: { capacity: 0.1 + 0.2, name: 'Alice & Söhne', list: [1, null] },
  after: null,
  requestId: 'r-1',
  gateway: 'gw-1',
};
const minute = (of: number): Date => new Date(Date.UTC(2026, 0, 31, 12, of));

/** `open` gives the store under test; the suite empties it before each test. */
export function auditStoreContract(open: () => AuditStore): void {
  describe('an audit store', () => {
    let store: AuditStore;
    beforeEach(async () => {
      store = open();
      await store.removeBefore(new Date('9999-01-01T00:00:00Z'));
    });

    const actors = async (filter: Partial<Parameters<AuditStore['list']>[0]> = {}) =>
      (await store.list({ limit: 1000, ...filter })).map(({ actor }) => actor);

    it('gives back what it was given, with an id', async () => {
      await store.append([ENTRY]);
      const [{ id, ...rest } = { id: 0 }] = await store.list({ limit: 10 });
      assert.deepEqual(rest, ENTRY);
      assert.ok(Number.isSafeInteger(id) && id > 0);
    });

    it('keeps one whose caller had no role, and no target', async () => {
      await store.append([{ ...ENTRY, role: null, target: null }]);
      const [entry] = await store.list({ limit: 10 });
      assert.deepEqual([entry?.role, entry?.target], [null, null]);
    });

    it('keeps text that a database cannot store, replaced by U+FFFD', async () => {
      await store.append([{ ...ENTRY, target: 'a\0b', after: { name: '\ud800', list: ['\0'] } }, ENTRY]);
      const entries = await store.list({ limit: 10 });
      assert.deepEqual(
        entries.map(({ target, after }) => ({ target, after })),
        [
          { target: 'alice', after: null },
          { target: 'a\uFFFDb', after: { name: '\uFFFD', list: ['\uFFFD'] } },
        ],
      );
    });

    it('finds those of one gateway', async () => {
      await store.append([ENTRY, { ...ENTRY, actor: 'other', gateway: 'gw-2' }, { ...ENTRY, gateway: null }]);
      assert.deepEqual(await actors({ gateway: 'gw-2' }), ['other']);
    });

    it('takes nothing, and a thousand', async () => {
      await store.append([]);
      await store.append(Array.from({ length: 1000 }, () => ENTRY));
      assert.equal((await actors()).length, 1000);
    });

    it('lists the newest first, by time, then by the order of their coming', async () => {
      await store.append([
        { ...ENTRY, actor: 'second', at: minute(2) },
        { ...ENTRY, actor: 'third', at: minute(2) },
        { ...ENTRY, actor: 'first', at: minute(1) },
      ]);
      assert.deepEqual(await actors(), ['third', 'second', 'first']);
    });

    it('pages by the last entry seen, through entries of the same time', async () => {
      await store.append(Array.from({ length: 7 }, (_, at) => ({ ...ENTRY, actor: `a${at}`, at: minute(at >> 1) })));
      const seen: string[] = [];
      let before: number | undefined;
      for (;;) {
        const page = await store.list({ limit: 2, ...(before === undefined ? {} : { before }) });
        if (page.length === 0) break;
        seen.push(...page.map(({ actor }) => actor));
        before = page.at(-1)!.id;
      }
      assert.deepEqual(seen, ['a6', 'a5', 'a4', 'a3', 'a2', 'a1', 'a0']);
    });

    it('has no page after an entry that is not there', async () => {
      await store.append([ENTRY]);
      assert.deepEqual(await actors({ before: 4_000_000_000 }), []);
    });

    it('filters by actor, action, target and time, all together', async () => {
      await store.append([
        { ...ENTRY, actor: 'a', action: 'x', target: 't', at: minute(1) },
        { ...ENTRY, actor: 'b', action: 'x', target: null, at: minute(2) },
        { ...ENTRY, actor: 'c', action: 'y', target: 't', at: minute(3) },
      ]);
      assert.deepEqual(await actors({ actor: 'a' }), ['a']);
      assert.deepEqual(await actors({ action: 'x' }), ['b', 'a']);
      assert.deepEqual(await actors({ target: 't' }), ['c', 'a']);
      assert.deepEqual(await actors({ since: minute(2) }), ['c', 'b']);
      assert.deepEqual(await actors({ action: 'x', target: 't', since: minute(1) }), ['a']);
      assert.deepEqual(await actors({ actor: "'; drop table clients; --" }), []);
    });

    it('removes older entries, and returns their number', async () => {
      await store.append([1, 2, 3].map((of) => ({ ...ENTRY, actor: `a${of}`, at: minute(of) })));
      assert.equal(await store.removeBefore(minute(2)), 1);
      assert.deepEqual(await actors(), ['a3', 'a2']);
      assert.equal(await store.removeBefore(minute(2)), 0);
    });
  });
}
