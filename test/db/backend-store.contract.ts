/** What every BackendStore does. Run by the tests of each implementation. */
import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { BackendStore, NewBackend } from '../../src/backends/backend-store.ts';

const added: NewBackend = {
  id: 'new-1',
  url: 'http://10.0.0.9:8081/base',
  pool: 'api',
  weight: 5,
  enabled: false,
  draining: true,
  backup: true,
  maxInFlight: 1_000_000,
};
const over: NewBackend = {
  id: 'b0',
  url: null,
  pool: null,
  weight: null,
  enabled: null,
  draining: null,
  backup: null,
  maxInFlight: null,
};

/** `open` gives the store under test; the suite empties it before each test. */
export function backendStoreContract(open: () => BackendStore): void {
  describe('a backend store', () => {
    let store: BackendStore;
    beforeEach(async () => {
      store = open();
      for (const { id } of await store.all()) await store.remove(id);
    });

    it('gives back what it was given, nulls included, with a version and both dates', async () => {
      for (const backend of [added, over]) {
        const created = await store.create(backend);
        const { version, createdAt, updatedAt, ...rest } = created;
        assert.deepEqual(rest, backend);
        assert.ok(Number.isSafeInteger(version) && version > 0, String(version));
        assert.deepEqual(createdAt, updatedAt);
        assert.ok(Math.abs(createdAt.getTime() - Date.now()) < 60_000, createdAt.toISOString());
        assert.deepEqual(await store.get(backend.id), created);
      }
    });

    it('lists all by id in byte order', async () => {
      for (const id of ['b', 'a', 'B', '_', '10.0.0.1']) await store.create({ ...over, id });
      assert.deepEqual(
        (await store.all()).map(({ id }) => id),
        ['10.0.0.1', 'B', '_', 'a', 'b'],
      );
    });

    it('refuses an id that is taken, and keeps the backend as it was', async () => {
      const created = await store.create(added);
      await assert.rejects(store.create({ ...over, id: added.id }), { code: 'GW_BACKEND_EXISTS' });
      assert.deepEqual(await store.all(), [created]);
    });

    it('lets one of two creations of one id at the same time win', async () => {
      const outcomes = await Promise.allSettled([store.create(added), store.create(added)]);
      assert.deepEqual(outcomes.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected']);
    });

    it('changes the named values only, also to null, and counts the version up', async () => {
      const created = await store.create(added);
      const updated = await store.update(added.id, { weight: null, draining: false });
      const { version, updatedAt } = updated!;
      assert.deepEqual(updated, { ...created, weight: null, draining: false, version, updatedAt });
      assert.ok(version > created.version);
      assert.deepEqual(await store.get(added.id), updated);
    });

    it('answers undefined for what it does not have, whatever the version', async () => {
      assert.equal(await store.get('nobody'), undefined);
      assert.equal(await store.update('nobody', { weight: 2 }), undefined);
      assert.equal(await store.update('nobody', { weight: 2 }, 1), undefined);
      assert.equal(await store.remove('nobody'), false);
      assert.equal(await store.remove('nobody', 1), false);
    });

    it('refuses a change or removal of another version, and changes nothing', async () => {
      const created = await store.create(added);
      for (const version of [0, created.version + 1]) {
        await assert.rejects(store.update(added.id, { weight: 2 }, version), { code: 'GW_PRECONDITION_FAILED' });
        await assert.rejects(store.remove(added.id, version), { code: 'GW_PRECONDITION_FAILED' });
      }
      assert.deepEqual(await store.get(added.id), created);
    });

    it('lets exactly one of several changes of one version through, and loses none that names no version', async () => {
      const { version } = await store.create(added);
      const changes = [1, 2, 3, 4].map((weight) => store.update(added.id, { weight }, version));
      const outcomes = await Promise.allSettled(changes);
      assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
      const updates = await Promise.all([1, 2, 3, 4].map((weight) => store.update(added.id, { weight })));
      const versions = updates.map((updated) => updated!.version);
      assert.equal(new Set(versions).size, 4);
      assert.equal((await store.get(added.id))!.version, Math.max(...versions));
    });

    it('removes a backend once, and never gives a version twice', async () => {
      const versions = [(await store.create(added)).version, (await store.update(added.id, { weight: 2 }))!.version];
      assert.equal(await store.remove(added.id, versions.at(-1)), true);
      assert.equal(await store.remove(added.id), false);
      versions.push((await store.create(over)).version);
      await store.remove(over.id);
      versions.push((await store.create(added)).version);
      assert.deepEqual(
        versions,
        [...new Set(versions)].toSorted((one, other) => one - other),
      );
    });
  });
}
